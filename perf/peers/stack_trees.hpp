#pragma once

#include "peers/stack_peer.hpp"
#include "workloads/fib.hpp"
#include "workloads/matmul.hpp"
#include "workloads/nqueens.hpp"
#include "workloads/skynet.hpp"
#include "workloads/uts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

/// The trees of tasks, for the peers whose tasks are functions.
namespace perf {

template <stack_peer P>
std::uint64_t stack_fib(P& p, unsigned n) {
  if (n < 2) return n;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  p.fork_join([&p, &a, n] { a = stack_fib(p, n - 1); }, [&p, &b, n] { b = stack_fib(p, n - 2); });
  return a + b;
}
template <stack_peer P>
void solve(P& p, fib& w) {
  p.run([&] { w.result = stack_fib(p, w.n); });
}

template <stack_peer P>
std::uint64_t stack_skynet(P& p, std::uint64_t first, std::uint64_t count) {
  if (count == 1) return first;
  std::array<std::uint64_t, skynet::width> below;
  const std::uint64_t each = count / skynet::width;
  p.for_each(skynet::width, [&](std::size_t i) { below[i] = stack_skynet(p, first + i * each, each); });
  std::uint64_t sum = 0;
  for (const std::uint64_t part : below) sum += part;
  return sum;
}
template <stack_peer P>
void solve(P& p, skynet& w) {
  p.run([&] { w.result = stack_skynet(p, 0, w.leaves); });
}

template <stack_peer P>
std::uint64_t stack_nqueens(P& p, unsigned n, unsigned column, const nqueens::board& queens) {
  if (column == n) return 1;
  nqueens::board rows;
  const unsigned found = nqueens::free_rows(n, column, queens, rows);
  std::array<std::uint64_t, nqueens::most> below;
  p.for_each(found, [&](std::size_t i) {
    nqueens::board next = queens;
    next[column] = rows[i];
    below[i] = stack_nqueens(p, n, column + 1, next);
  });
  std::uint64_t sum = 0;
  for (unsigned i = 0; i < found; ++i) sum += below[i];
  return sum;
}
template <stack_peer P>
void solve(P& p, nqueens& w) {
  p.run([&] { w.result = stack_nqueens(p, w.n, 0, {}); });
}

template <stack_peer P>
std::uint64_t stack_uts(P& p, const uts& w, uts::node of) {
  const unsigned n = w.children(of);
  if (n == 0) return 1;
  std::array<std::uint64_t, uts::most_children> below;
  p.for_each(n, [&](std::size_t i) { below[i] = stack_uts(p, w, w.child(of, static_cast<unsigned>(i))); });
  std::uint64_t nodes = 1;
  for (unsigned i = 0; i < n; ++i) nodes += below[i];
  return nodes;
}
template <stack_peer P>
void solve(P& p, uts& w) {
  p.run([&] { w.result = stack_uts(p, w, w.root()); });
}

template <stack_peer P>
void stack_matmul(P& p, const matmul::part& of) {
  if (of.is_leaf()) return of.multiply();
  for (unsigned half = 0; half < 2; ++half) {
    p.for_each(4, [&](std::size_t i) {
      const auto q = static_cast<unsigned>(i);
      stack_matmul(p, of.quarter(half, q / 2, q % 2));
    });
  }
}
template <stack_peer P>
void solve(P& p, matmul& w) {
  p.run([&] { stack_matmul(p, w.whole()); });
}

}  // namespace perf
