#include "peers/libfork/libfork_loops.hpp"
#include "peers/libfork/libfork_peer.hpp"
#include "runners/runner.hpp"

#include <libfork.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace perf {

constexpr auto fib_of = [](auto self, unsigned n) -> lf::task<std::uint64_t> {
  if (n < 2) co_return n;
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  co_await lf::fork(&a, self)(n - 1);
  co_await lf::call(&b, self)(n - 2);
  co_await lf::join;
  co_return a + b;
};

constexpr auto leaves_of = [](auto self, std::uint64_t first, std::uint64_t count) -> lf::task<std::uint64_t> {
  if (count == 1) co_return first;
  const std::uint64_t each = count / skynet::width;
  std::array<std::uint64_t, skynet::width> below;
  for (unsigned i = 0; i + 1 < skynet::width; ++i) co_await lf::fork(&below[i], self)(first + i * each, each);
  co_await lf::call(&below.back(), self)(first + (skynet::width - 1) * each, each);
  co_await lf::join;
  co_return std::accumulate(below.begin(), below.end(), std::uint64_t{0});
};

constexpr auto boards_of = [](auto self, unsigned n, unsigned column,
                              nqueens::board queens) -> lf::task<std::uint64_t> {
  if (column == n) co_return 1;
  nqueens::board rows;
  const unsigned found = nqueens::free_rows(n, column, queens, rows);
  std::array<std::uint64_t, nqueens::most> below;
  for (unsigned i = 0; i < found; ++i) {
    queens[column] = rows[i];
    co_await lf::fork(&below[i], self)(n, column + 1, queens);
  }
  co_await lf::join;
  co_return std::accumulate(below.begin(), below.begin() + found, std::uint64_t{0});
};

constexpr auto nodes_of = [](auto self, const uts* w, uts::node of) -> lf::task<std::uint64_t> {
  const unsigned n = w->children(of);
  if (n == 0) co_return 1;
  std::vector<std::uint64_t> below(n);
  for (unsigned i = 0; i < n; ++i) co_await lf::fork(&below[i], self)(w, w->child(of, i));
  co_await lf::join;
  co_return std::accumulate(below.begin(), below.end(), std::uint64_t{1});
};

constexpr auto product_of = [](auto self, matmul::part of) -> lf::task<void> {
  if (of.is_leaf()) {
    of.multiply();
    co_return;
  }
  for (unsigned half = 0; half < 2; ++half) {
    co_await lf::fork(self)(of.quarter(half, 0, 0));
    co_await lf::fork(self)(of.quarter(half, 0, 1));
    co_await lf::fork(self)(of.quarter(half, 1, 0));
    co_await lf::call(self)(of.quarter(half, 1, 1));
    co_await lf::join;
  }
};

constexpr auto sorted = [](auto self, quicksort::numbers part) -> lf::task<void> {
  if (quicksort::is_leaf(part)) {
    quicksort::sort_leaf(part);
    co_return;
  }
  const auto halves = quicksort::split(part);
  co_await lf::fork(self)(halves.first);
  co_await lf::call(self)(halves.second);
  co_await lf::join;
};

constexpr auto row_of = [](auto, mandelbrot* w, std::size_t y) -> lf::task<void> {
  w->rows[y] = mandelbrot::row(y, w->rows.size());
  co_return;
};
constexpr auto rows_of = [](auto, mandelbrot* w) -> lf::task<void> {
  for (std::size_t y = 0; y < w->rows.size(); ++y) co_await lf::fork(row_of)(w, y);
  co_await lf::join;
};

constexpr auto stripe_of = [](auto, const stencil* w, std::size_t step, std::size_t i) -> lf::task<void> {
  w->stripe(step, i);
  co_return;
};
constexpr auto steps_of = [](auto, const stencil* w) -> lf::task<void> {
  for (std::size_t step = 0; step < w->steps; ++step) {
    for (std::size_t i = 0; i < stencil::stripes; ++i) co_await lf::fork(stripe_of)(w, step, i);
    co_await lf::join;
  }
};

constexpr auto performs = [](auto, const cholesky* w, std::size_t task) -> lf::task<void> {
  w->perform(task);
  co_return;
};
constexpr auto level_by_level = [](auto, const cholesky* w, const graph_levels* levels) -> lf::task<void> {
  for (const std::vector<std::size_t>& level : *levels) {
    for (const std::size_t task : level) co_await lf::fork(performs)(w, task);
    co_await lf::join;
  }
};

constexpr auto number = [](auto, std::uint64_t i) -> lf::task<std::uint64_t> { co_return i; };
constexpr auto children_of = [](auto, std::uint64_t rounds, std::uint64_t n) -> lf::task<std::uint64_t> {
  std::uint64_t sum = 0;
  std::vector<std::uint64_t> values(n);
  for (std::uint64_t r = 0; r < rounds; ++r) {
    for (std::uint64_t i = 0; i < n; ++i) co_await lf::fork(&values[i], number)(i);
    co_await lf::join;
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
};
constexpr auto batches_of = [](auto, std::uint64_t batches, std::uint64_t at_once) -> lf::task<std::uint64_t> {
  std::uint64_t sum = 0;
  std::vector<std::uint64_t> values(at_once);
  for (std::uint64_t b = 0; b < batches; ++b) {
    for (std::uint64_t i = 0; i < at_once; ++i) co_await lf::fork(&values[i], number)(b * at_once + i);
    co_await lf::join;
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
};

constexpr auto adds = [](auto, std::atomic<std::uint64_t>* sum, std::uint64_t i) -> lf::task<void> {
  sum->fetch_add(i, std::memory_order_relaxed);
  co_return;
};
constexpr auto many_add = [](auto, std::atomic<std::uint64_t>* sum, std::uint64_t n) -> lf::task<void> {
  for (std::uint64_t i = 0; i < n; ++i) co_await lf::fork(adds)(sum, i);
  co_await lf::join;
};

constexpr auto meets = [](auto, stealing* w) -> lf::task<void> {
  w->meet();
  co_return;
};
constexpr auto both_meet = [](auto, stealing* w) -> lf::task<void> {
  w->forks();
  co_await lf::fork(meets)(w);
  co_await lf::call(meets)(w);
  co_await lf::join;
};

void solve(libfork_peer& p, fib& w) { w.result = lf::sync_wait(p.pool, fib_of, w.n); }
void solve(libfork_peer& p, skynet& w) { w.result = lf::sync_wait(p.pool, leaves_of, std::uint64_t{0}, w.leaves); }
void solve(libfork_peer& p, nqueens& w) { w.result = lf::sync_wait(p.pool, boards_of, w.n, 0U, nqueens::board{}); }
void solve(libfork_peer& p, uts& w) { w.result = lf::sync_wait(p.pool, nodes_of, &w, w.root()); }
void solve(libfork_peer& p, matmul& w) { lf::sync_wait(p.pool, product_of, w.whole()); }
void solve(libfork_peer& p, quicksort& w) { lf::sync_wait(p.pool, sorted, w.whole()); }
void solve(libfork_peer& p, mandelbrot& w) { lf::sync_wait(p.pool, rows_of, &w); }
void solve(libfork_peer& p, stencil& w) { lf::sync_wait(p.pool, steps_of, &w); }
void solve(libfork_peer& p, cholesky& w) {
  if (p.levels.empty()) p.levels = levels_of(w);
  lf::sync_wait(p.pool, level_by_level, &w, &p.levels);
}

template <std::uint64_t N>
void solve(libfork_peer& p, gather_of<N>& w) {
  w.result = lf::sync_wait(p.pool, children_of, w.rounds, N);
}
void solve(libfork_peer& p, spawn_inside& w) {
  w.result = lf::sync_wait(p.pool, batches_of, w.batches, spawn_inside::at_once);
}
void solve(libfork_peer& p, group_spawn_join& w) {
  w.result = lf::sync_wait(p.pool, batches_of, w.groups, group_spawn_join::at_once);
}
template <unsigned IdleMs, caller Who>
void solve(libfork_peer& p, round_trip<IdleMs, Who>& w) {
  w.got = lf::sync_wait(p.pool, number, w.small_task(w.sent));
}
template <class Progress>
struct libfork_report {
  auto operator()(auto, Progress* progress, std::uint64_t i) const -> lf::task<void> {
    progress->ran(i);
    co_return;
  }
};
template <unsigned Senders>
void solve(libfork_peer& p, spawn_outside<Senders>& w) {
  using progress_type = typename spawn_outside<Senders>::progress;
  w.run([&p](progress_type& progress, std::uint64_t i) {
    lf::detach(p.pool, libfork_report<progress_type>(), &progress, i);
  });
}
void solve(libfork_peer& p, stealing& w) { lf::sync_wait(p.pool, both_meet, &w); }
void solve(libfork_peer& p, idle_cpu& w) {
  w.run([&] { w.ran = lf::sync_wait(p.pool, children_of, std::uint64_t{1}, std::uint64_t{100}) == 100 * 99 / 2; });
}
constexpr auto computes = [](auto, auto compute) -> lf::task<void> {
  compute();
  co_return;
};
void solve(libfork_peer& p, busy_cpu& w) {
  w.run([&](auto compute) { lf::sync_wait(p.pool, computes, compute); });
}
/// A fork runs at once, so that a parent's children are never many at a time.
void solve(libfork_peer& p, memory_gather_limit& w) {
  std::atomic<std::uint64_t> sum{0};
  lf::sync_wait(p.pool, many_add, &sum, std::uint64_t{memory_gather_limit::tasks});
  w.result = sum.load();
}
template <std::uint64_t Tasks>
void solve(libfork_peer& p, memory_spawned<Tasks>& w) {
  std::atomic<std::uint64_t> sum{0};
  lf::sync_wait(p.pool, many_add, &sum, std::uint64_t{Tasks});
  w.result = sum.load() == Tasks * (Tasks - 1) / 2 ? Tasks : 0;
}

}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::libfork_peer>(argc, argv); }
