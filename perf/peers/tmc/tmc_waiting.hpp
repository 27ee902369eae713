#pragma once

#include "peers/tmc/tmc_peer.hpp"

#include <tmc/all_headers.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <vector>

/// Tasks that wait for each other, and those that are a graph.
namespace perf {

inline tmc::task<std::uint64_t> tmc_plays(tmc::auto_reset_event& mine, tmc::auto_reset_event& others,
                                          std::uint64_t rounds) {
  std::uint64_t turns = 0;
  for (; turns < rounds; ++turns) {
    co_await mine;
    co_await others.co_set();
  }
  co_return turns;
}
inline tmc::task<std::uint64_t> tmc_both_play(std::uint64_t rounds) {
  tmc::auto_reset_event ping(true);
  tmc::auto_reset_event pong(false);
  auto [a, b] = co_await tmc::spawn_tuple(tmc_plays(ping, pong, rounds), tmc_plays(pong, ping, rounds));
  co_return a + b;
}
inline void solve(tmc_peer& p, ping_pong& w) { w.result = p.run(tmc_both_play(w.rounds)); }

inline tmc::task<std::uint64_t> tmc_yields(std::uint64_t count) {
  std::uint64_t done = 0;
  for (; done < count; ++done) co_await tmc::reschedule();
  co_return done;
}
inline tmc::task<std::uint64_t> tmc_all_yield(std::uint64_t each) {
  auto tasks = std::views::iota(std::uint64_t{0}, yielding::tasks) |
               std::views::transform([each](std::uint64_t) { return tmc_yields(each); });
  const std::vector<std::uint64_t> done = co_await tmc::spawn_many(tasks.begin(), tasks.end());
  co_return std::accumulate(done.begin(), done.end(), std::uint64_t{0});
}
inline void solve(tmc_peer& p, yielding& w) { w.result = p.run(tmc_all_yield(w.each)); }

inline tmc::task<void> tmc_meets(stealing& w) {
  w.meet();
  co_return;
}
inline tmc::task<void> tmc_both_meet(stealing& w) {
  w.forks();
  co_await tmc::spawn_tuple(tmc_meets(w), tmc_meets(w));
}
inline void solve(tmc_peer& p, stealing& w) { p.run(tmc_both_meet(w)); }

/// Performs a task of the graph and spawns what it was the last to hold up. The latch counts all tasks of the graph.
inline tmc::task<void> tmc_cholesky_from(cholesky& w, std::size_t task, tmc::latch& left) {
  w.perform(task);
  for (const std::size_t next : w.after(task)) {
    if (w.one_less(next)) tmc::spawn(tmc_cholesky_from(w, next, left)).detach();
  }
  left.count_down();
  co_return;
}
inline tmc::task<void> tmc_cholesky(cholesky& w) {
  tmc::latch left(w.tasks());
  tmc::spawn(tmc_cholesky_from(w, cholesky::first, left)).detach();
  co_await left;
}
inline void solve(tmc_peer& p, cholesky& w) { p.run(tmc_cholesky(w)); }

/// A place is taken before each task is made, and given back by it.
inline tmc::task<void> tmc_adds(std::atomic<std::uint64_t>& sum, std::uint64_t i, tmc::semaphore& places) {
  sum.fetch_add(i, std::memory_order_relaxed);
  places.release();
  co_return;
}
inline tmc::task<void> tmc_many_add(std::atomic<std::uint64_t>& sum) {
  tmc::semaphore places(memory_gather_limit::at_once);
  for (std::uint64_t i = 0; i < memory_gather_limit::tasks; ++i) {
    co_await places;
    tmc::spawn(tmc_adds(sum, i, places)).detach();
  }
  for (std::uint64_t i = 0; i < memory_gather_limit::at_once; ++i) co_await places;
}
inline void solve(tmc_peer& p, memory_gather_limit& w) {
  std::atomic<std::uint64_t> sum{0};
  p.run(tmc_many_add(sum));
  w.result = sum.load();
}

template <std::size_t N>
tmc::task<void> tmc_part(const parallel_for_of<N>& w, std::size_t from, std::size_t end) {
  w.part(from, end);
  co_return;
}
template <std::size_t N>
tmc::task<void> tmc_parts(const parallel_for_of<N>& w, std::size_t parts) {
  auto tasks = std::views::iota(std::size_t{0}, parts) | std::views::transform([&w, parts](std::size_t i) {
                 return tmc_part(w, N * i / parts, N * (i + 1) / parts);
               });
  co_await tmc::spawn_many(tasks.begin(), tasks.end());
}
template <std::size_t N>
void solve(tmc_peer& p, parallel_for_of<N>& w) {
  p.run(tmc_parts(w, std::size_t{4} * p.threads));
}

}  // namespace perf
