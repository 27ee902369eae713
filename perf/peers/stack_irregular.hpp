#pragma once

#include "peers/stack_peer.hpp"
#include "workloads/cholesky.hpp"
#include "workloads/mandelbrot.hpp"
#include "workloads/quicksort.hpp"
#include "workloads/stencil.hpp"

#include <cstddef>

/// Work in uneven pieces, for the peers whose tasks are functions.
namespace perf {

template <stack_peer P>
void stack_quicksort(P& p, quicksort::numbers part) {
  if (quicksort::is_leaf(part)) return quicksort::sort_leaf(part);
  const auto halves = quicksort::split(part);
  p.fork_join([&p, &halves] { stack_quicksort(p, halves.first); },
              [&p, &halves] { stack_quicksort(p, halves.second); });
}
template <stack_peer P>
void solve(P& p, quicksort& w) {
  p.run([&] { stack_quicksort(p, w.whole()); });
}

template <stack_peer P>
void solve(P& p, mandelbrot& w) {
  p.run([&] { p.for_each(w.rows.size(), [&w](std::size_t y) { w.rows[y] = mandelbrot::row(y, w.rows.size()); }); });
}

template <stack_peer P>
void solve(P& p, stencil& w) {
  p.run([&] {
    for (std::size_t step = 0; step < w.steps; ++step) {
      p.for_each(stencil::stripes, [&w, step](std::size_t i) { w.stripe(step, i); });
    }
  });
}

/// Performs a task of the graph and spawns what it was the last to hold up.
template <class Group>
void stack_cholesky_from(Group& group, cholesky& w, std::size_t task) {
  w.perform(task);
  for (const std::size_t next : w.after(task)) {
    if (w.one_less(next)) group.spawn([&group, &w, next] { stack_cholesky_from(group, w, next); });
  }
}
template <spawning_peer P>
void solve(P& p, cholesky& w) {
  p.run([&] { p.with_group([&w](auto& group) { stack_cholesky_from(group, w, cholesky::first); }); });
}

}  // namespace perf
