#define TMC_IMPL  // the library's own definitions: this is the one file that includes it

#include "peers/tmc/tmc_peer.hpp"
#include "peers/tmc/tmc_waiting.hpp"
#include "runners/runner.hpp"

#include <tmc/all_headers.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <vector>

namespace perf {

tmc::task<std::uint64_t> fib_of(unsigned n) {
  if (n < 2) co_return n;
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  // GCC 12 moves what is awaited, and what fork() gives cannot be moved.
  auto [a, b] = co_await tmc::spawn_tuple(fib_of(n - 1), fib_of(n - 2));
#else
  auto forked = tmc::spawn(fib_of(n - 1)).fork();
  const std::uint64_t b = co_await fib_of(n - 2);
  const std::uint64_t a = co_await std::move(forked);
#endif
  co_return a + b;
}

tmc::task<std::uint64_t> leaves_of(std::uint64_t first, std::uint64_t count) {
  if (count == 1) co_return first;
  const std::uint64_t each = count / skynet::width;
  const auto make = [=](std::uint64_t i) { return leaves_of(first + i * each, each); };
  const std::array<std::uint64_t, skynet::width> below = co_await tmc::spawn_many<skynet::width>(
      (std::views::iota(std::uint64_t{0}) | std::views::transform(make)).begin());
  co_return std::accumulate(below.begin(), below.end(), std::uint64_t{0});
}

tmc::task<std::uint64_t> boards_of(unsigned n, unsigned column, nqueens::board queens) {
  if (column == n) co_return 1;
  nqueens::board rows;
  const unsigned found = nqueens::free_rows(n, column, queens, rows);
  auto tasks = std::views::iota(0U, found) | std::views::transform([&](unsigned i) {
                 queens[column] = rows[i];
                 return boards_of(n, column + 1, queens);
               });
  const auto below = co_await tmc::spawn_many<nqueens::most>(tasks.begin(), tasks.end());
  co_return std::accumulate(below.begin(), below.begin() + found, std::uint64_t{0});
}

tmc::task<std::uint64_t> nodes_of(const uts& w, uts::node of) {
  const unsigned n = w.children(of);
  if (n == 0) co_return 1;
  auto tasks =
      std::views::iota(0U, n) | std::views::transform([&w, of](unsigned i) { return nodes_of(w, w.child(of, i)); });
  const std::vector<std::uint64_t> below = co_await tmc::spawn_many(tasks.begin(), tasks.end());
  co_return std::accumulate(below.begin(), below.end(), std::uint64_t{1});
}

tmc::task<void> product_of(matmul::part of) {
  if (of.is_leaf()) {
    of.multiply();
    co_return;
  }
  for (unsigned half = 0; half < 2; ++half) {
    co_await tmc::spawn_tuple(product_of(of.quarter(half, 0, 0)), product_of(of.quarter(half, 0, 1)),
                              product_of(of.quarter(half, 1, 0)), product_of(of.quarter(half, 1, 1)));
  }
}

tmc::task<void> sorted(quicksort::numbers part) {
  if (quicksort::is_leaf(part)) {
    quicksort::sort_leaf(part);
    co_return;
  }
  const auto halves = quicksort::split(part);
  co_await tmc::spawn_tuple(sorted(halves.first), sorted(halves.second));
}

tmc::task<void> row_of(mandelbrot& w, std::size_t y) {
  w.rows[y] = mandelbrot::row(y, w.rows.size());
  co_return;
}
tmc::task<void> rows_of(mandelbrot& w) {
  auto tasks = std::views::iota(std::size_t{0}, w.rows.size()) |
               std::views::transform([&w](std::size_t y) { return row_of(w, y); });
  co_await tmc::spawn_many(tasks.begin(), tasks.end());
}

tmc::task<void> stripe_of(const stencil& w, std::size_t step, std::size_t i) {
  w.stripe(step, i);
  co_return;
}
tmc::task<void> steps_of(const stencil& w) {
  for (std::size_t step = 0; step < w.steps; ++step) {
    auto tasks = std::views::iota(std::size_t{0}, stencil::stripes) |
                 std::views::transform([&w, step](std::size_t i) { return stripe_of(w, step, i); });
    co_await tmc::spawn_many(tasks.begin(), tasks.end());
  }
}

tmc::task<std::uint64_t> number(std::uint64_t i) { co_return i; }
tmc::task<std::uint64_t> batches_of(std::uint64_t batches, std::uint64_t n, std::uint64_t step) {
  std::uint64_t sum = 0;
  for (std::uint64_t b = 0; b < batches; ++b) {
    auto tasks = std::views::iota(std::uint64_t{0}, n) |
                 std::views::transform([first = b * step](std::uint64_t i) { return number(first + i); });
    const std::vector<std::uint64_t> values = co_await tmc::spawn_many(tasks.begin(), tasks.end());
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
}

void solve(tmc_peer& p, fib& w) { w.result = p.run(fib_of(w.n)); }
void solve(tmc_peer& p, skynet& w) { w.result = p.run(leaves_of(0, w.leaves)); }
void solve(tmc_peer& p, nqueens& w) { w.result = p.run(boards_of(w.n, 0, {})); }
void solve(tmc_peer& p, uts& w) { w.result = p.run(nodes_of(w, w.root())); }
void solve(tmc_peer& p, matmul& w) { p.run(product_of(w.whole())); }
void solve(tmc_peer& p, quicksort& w) { p.run(sorted(w.whole())); }
void solve(tmc_peer& p, mandelbrot& w) { p.run(rows_of(w)); }
void solve(tmc_peer& p, stencil& w) { p.run(steps_of(w)); }
template <std::uint64_t N>
void solve(tmc_peer& p, gather_of<N>& w) {
  w.result = p.run(batches_of(w.rounds, N, 0));
}
void solve(tmc_peer& p, spawn_inside& w) {
  w.result = p.run(batches_of(w.batches, spawn_inside::at_once, spawn_inside::at_once));
}
void solve(tmc_peer& p, group_spawn_join& w) {
  w.result = p.run(batches_of(w.groups, group_spawn_join::at_once, group_spawn_join::at_once));
}
template <unsigned IdleMs, caller Who>
void solve(tmc_peer& p, round_trip<IdleMs, Who>& w) {
  w.got = p.run(number(w.small_task(w.sent)));
}

template <unsigned Senders>
tmc::task<void> report_to(typename spawn_outside<Senders>::progress& progress, std::uint64_t i) {
  progress.ran(i);
  co_return;
}
template <unsigned Senders>
void solve(tmc_peer& p, spawn_outside<Senders>& w) {
  w.run([&p](auto& progress, std::uint64_t i) { p.submit(report_to<Senders>(progress, i)); });
}

void solve(tmc_peer& p, idle_cpu& w) {
  w.run([&] { w.ran = p.run(batches_of(1, 100, 0)) == 100 * 99 / 2; });
}
template <class F>
tmc::task<void> calls(F f) {
  f();
  co_return;
}
void solve(tmc_peer& p, busy_cpu& w) {
  w.run([&](auto compute) { p.run(calls(compute)); });
}

tmc::task<void> count_one(std::atomic<std::uint64_t>& ran) {
  ran.fetch_add(1, std::memory_order_relaxed);
  co_return;
}
tmc::task<void> spawn_all(std::atomic<std::uint64_t>& ran, std::uint64_t n) {
  auto tasks =
      std::views::iota(std::uint64_t{0}, n) | std::views::transform([&ran](std::uint64_t) { return count_one(ran); });
  co_await tmc::spawn_many(tasks.begin(), tasks.end());
}
template <std::uint64_t Tasks>
void solve(tmc_peer& p, memory_spawned<Tasks>& w) {
  std::atomic<std::uint64_t> ran{0};
  p.run(spawn_all(ran, Tasks));
  w.result = ran.load();
}

}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::tmc_peer>(argc, argv); }
