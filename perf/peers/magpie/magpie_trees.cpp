#include <magpie/gather.hpp>
#include <magpie/task.hpp>

#include "peers/magpie/magpie_trees.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <utility>
#include <vector>

namespace perf {
namespace {

using magpie::gather;
using magpie::task;

task<std::uint64_t> fib_of(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await gather(fib_of(n - 1), fib_of(n - 2));
  co_return a + b;
}

task<std::uint64_t> leaves_of(std::uint64_t first, std::uint64_t count);

template <std::size_t... I>
auto ten(std::uint64_t first, std::uint64_t each, std::index_sequence<I...>) {
  return gather(leaves_of(first + I * each, each)...);
}

task<std::uint64_t> leaves_of(std::uint64_t first, std::uint64_t count) {
  if (count == 1) co_return first;
  const auto below = co_await ten(first, count / skynet::width, std::make_index_sequence<skynet::width>());
  co_return std::apply([](auto... part) { return (part + ...); }, below);
}

task<std::uint64_t> boards_of(unsigned n, unsigned column, nqueens::board queens) {
  if (column == n) co_return 1;
  nqueens::board rows;
  const unsigned found = nqueens::free_rows(n, column, queens, rows);
  std::uint64_t sum = 0;
  const std::vector<std::uint64_t> below =
      co_await gather(std::views::iota(0U, found) | std::views::transform([&](unsigned i) {
                        queens[column] = rows[i];
                        return boards_of(n, column + 1, queens);
                      }));
  for (const std::uint64_t part : below) sum += part;
  co_return sum;
}

task<std::uint64_t> nodes_of(const uts& w, uts::node of) {
  const unsigned n = w.children(of);
  if (n == 0) co_return 1;
  std::uint64_t nodes = 1;
  const std::vector<std::uint64_t> below = co_await gather(
      std::views::iota(0U, n) | std::views::transform([&w, of](unsigned i) { return nodes_of(w, w.child(of, i)); }));
  for (const std::uint64_t part : below) nodes += part;
  co_return nodes;
}

task<> product_of(matmul::part of) {
  if (of.is_leaf()) {
    of.multiply();
    co_return;
  }
  for (unsigned half = 0; half < 2; ++half) {
    co_await gather(product_of(of.quarter(half, 0, 0)), product_of(of.quarter(half, 0, 1)),
                    product_of(of.quarter(half, 1, 0)), product_of(of.quarter(half, 1, 1)));
  }
}

}  // namespace

void solve(magpie_peer& p, fib& w) { w.result = p.runtime.block_on(fib_of(w.n)); }
void solve(magpie_peer& p, skynet& w) { w.result = p.runtime.block_on(leaves_of(0, w.leaves)); }
void solve(magpie_peer& p, nqueens& w) { w.result = p.runtime.block_on(boards_of(w.n, 0, {})); }
void solve(magpie_peer& p, uts& w) { w.result = p.runtime.block_on(nodes_of(w, w.root())); }
void solve(magpie_peer& p, matmul& w) { p.runtime.block_on(product_of(w.whole())); }

}  // namespace perf
