#pragma once

#include "peers/posting_peer.hpp"
#include "workloads/cholesky.hpp"
#include "workloads/footprint.hpp"
#include "workloads/mandelbrot.hpp"
#include "workloads/spawning.hpp"
#include "workloads/stencil.hpp"
#include "workloads/submit_wait.hpp"
#include "workloads/turns.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <semaphore>
#include <utility>
#include <vector>

/// Many tasks at a time and again, for peers whose tasks must not wait: the last task of a phase begins the next.
namespace perf {

template <posting_peer P, class Task, class After>
class posted_phases {
 public:
  /// task(phase, i) for n values of i, each a task; after(phase) when all of these are done; then the next phase.
  posted_phases(P& p, std::size_t phases, std::size_t n, Task task, After after)
      : pool_(p), phases_(phases), n_(n), task_(std::move(task)), after_(std::move(after)) {}

  /// From outside.
  void run() {
    if (phases_ == 0 || n_ == 0) return;
    pool_.post([this] { begin(); });
    over_.acquire();
  }

 private:
  void begin() {
    left_.store(n_, std::memory_order_relaxed);  // relaxed: post() hands it on
    const std::size_t phase = phase_;            // once the last is posted, another thread may be in the next phase
    for (std::size_t i = 0, n = n_; i < n; ++i) {
      pool_.post([this, phase, i] {
        task_(phase, i);
        // Whoever takes the last one sees what all the others have done.
        if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) end();
      });
    }
  }
  void end() {
    after_(phase_);
    if (++phase_ == phases_) return over_.release();
    begin();
  }

  P& pool_;
  std::size_t phases_;
  std::size_t n_;
  Task task_;
  After after_;
  std::size_t phase_ = 0;
  std::atomic<std::size_t> left_{0};
  std::binary_semaphore over_{0};
};

/// n tasks that put numbers into a row, which is summed up; so many times.
template <posting_peer P>
std::uint64_t posted_numbers(P& p, std::uint64_t phases, std::uint64_t n, std::uint64_t step) {
  std::uint64_t sum = 0;
  std::vector<std::uint64_t> values(n);
  posted_phases(
      p, phases, n, [&values, step](std::size_t phase, std::size_t i) { values[i] = phase * step + i; },
      [&values, &sum](std::size_t) { sum = std::accumulate(values.begin(), values.end(), sum); })
      .run();
  return sum;
}

template <posting_peer P, std::uint64_t N>
void solve(P& p, gather_of<N>& w) {
  w.result = posted_numbers(p, w.rounds, N, 0);
}
template <posting_peer P>
void solve(P& p, spawn_inside& w) {
  w.result = posted_numbers(p, w.batches, spawn_inside::at_once, spawn_inside::at_once);
}
template <posting_peer P>
void solve(P& p, group_spawn_join& w) {
  w.result = posted_numbers(p, w.groups, group_spawn_join::at_once, group_spawn_join::at_once);
}

template <posting_peer P>
void solve(P& p, mandelbrot& w) {
  const std::size_t rows = w.rows.size();
  posted_phases(
      p, 1, rows, [&w, rows](std::size_t, std::size_t y) { w.rows[y] = mandelbrot::row(y, rows); }, [](std::size_t) {})
      .run();
}
template <posting_peer P>
void solve(P& p, stencil& w) {
  posted_phases(
      p, w.steps, stencil::stripes, [&w](std::size_t step, std::size_t i) { w.stripe(step, i); }, [](std::size_t) {})
      .run();
}

/// Performs a task of the graph and posts what it was the last to hold up.
template <posting_peer P>
void posted_cholesky_from(P& p, cholesky& w, std::size_t task, std::atomic<std::size_t>& left,
                          std::binary_semaphore& over) {
  w.perform(task);
  for (const std::size_t next : w.after(task)) {
    if (w.one_less(next)) p.post([&p, &w, next, &left, &over] { posted_cholesky_from(p, w, next, left, over); });
  }
  if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) over.release();
}
template <posting_peer P>
void solve(P& p, cholesky& w) {
  std::atomic<std::size_t> left{w.tasks()};
  std::binary_semaphore over(0);
  p.post([&] { posted_cholesky_from(p, w, cholesky::first, left, over); });
  over.acquire();
}

template <posting_peer P>
void solve(P& p, stealing& w) {
  std::atomic<unsigned> left{2};
  std::binary_semaphore over(0);
  const auto meets = [&w, &left, &over] {
    w.meet();
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) over.release();
  };
  p.post([&p, &w, &meets] {
    w.forks();
    p.post(meets);
    meets();
  });
  over.acquire();
}

template <posting_peer P>
void solve(P& p, idle_cpu& w) {
  w.run([&] { w.ran = posted_numbers(p, 1, 100, 0) == 100 * 99 / 2; });
}
template <posting_peer P>
void solve(P& p, busy_cpu& w) {
  w.run([&](auto compute) {
    post_and_wait(p, [&](auto over) {
      compute();
      over();
    });
  });
}
template <posting_peer P, std::uint64_t Tasks>
void solve(P& p, memory_spawned<Tasks>& w) {
  std::atomic<std::uint64_t> ran{0};
  posted_phases(
      p, 1, Tasks, [&ran](std::size_t, std::size_t) { ran.fetch_add(1, std::memory_order_relaxed); },
      [](std::size_t) {})
      .run();
  w.result = ran.load();
}
template <posting_peer P, unsigned IdleMs>
void solve(P& p, round_trip<IdleMs, caller::takes_part>& w) {
  post_and_wait(p, [&w](auto over) {
    w.got = w.small_task(w.sent);
    over();
  });
}

}  // namespace perf
