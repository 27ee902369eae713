#include <magpie/gather.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>

#include "peers/magpie/magpie_forms.hpp"

#include <cstddef>
#include <ranges>

/// Work in uneven pieces, as coroutines.
namespace perf {
namespace {

using magpie::gather;
using magpie::task;

task<> sorted(quicksort::numbers part) {
  if (quicksort::is_leaf(part)) {
    quicksort::sort_leaf(part);
    co_return;
  }
  const auto halves = quicksort::split(part);
  co_await gather(sorted(halves.first), sorted(halves.second));
}

task<> row_of(mandelbrot& w, std::size_t y) {
  w.rows[y] = mandelbrot::row(y, w.rows.size());
  co_return;
}
task<> rows_of(mandelbrot& w) {
  co_await gather(std::views::iota(std::size_t{0}, w.rows.size()) |
                  std::views::transform([&w](std::size_t y) { return row_of(w, y); }));
}

task<> stripe_of(const stencil& w, std::size_t step, std::size_t i) {
  w.stripe(step, i);
  co_return;
}
task<> steps_of(const stencil& w) {
  for (std::size_t step = 0; step < w.steps; ++step) {
    co_await gather(std::views::iota(std::size_t{0}, stencil::stripes) |
                    std::views::transform([&w, step](std::size_t i) { return stripe_of(w, step, i); }));
  }
}

task<> cholesky_from(magpie::task_group group, cholesky& w, std::size_t one) {
  w.perform(one);
  for (const std::size_t next : w.after(one)) {
    if (w.one_less(next)) group.spawn(cholesky_from(group, w, next)).detach();
  }
  co_return;
}
task<> graph_of(cholesky& w) {
  co_await magpie::with_task_group(
      [&w](magpie::task_group& group) -> task<> { co_await cholesky_from(group, w, cholesky::first); });
}

}  // namespace

void solve(magpie_peer& p, quicksort& w) { p.runtime.block_on(sorted(w.whole())); }
void solve(magpie_peer& p, mandelbrot& w) { p.runtime.block_on(rows_of(w)); }
void solve(magpie_peer& p, stencil& w) { p.runtime.block_on(steps_of(w)); }
void solve(magpie_peer& p, cholesky& w) { p.runtime.block_on(graph_of(w)); }

}  // namespace perf
