#pragma once

#include "peers/stack_peer.hpp"
#include "peers/stack_spawning.hpp"
#include "workloads/footprint.hpp"
#include "workloads/loops.hpp"
#include "workloads/submit_wait.hpp"
#include "workloads/submitting.hpp"
#include "workloads/turns.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <semaphore>

/// What a pool of threads costs as a whole, for the peers whose tasks are functions.
namespace perf {

template <takes_submissions P, unsigned IdleMs>
void solve(P& p, round_trip<IdleMs, caller::stays_out>& w) {
  std::binary_semaphore done(0);
  p.submit([&w, &done] {
    w.got = w.small_task(w.sent);
    done.release();
  });
  done.acquire();
}
template <tasking_peer P, unsigned IdleMs>
void solve(P& p, round_trip<IdleMs, caller::takes_part>& w) {
  p.run([&] { spawn_and_join(p, 1, [&w](std::size_t) { w.got = w.small_task(w.sent); }); });
}

template <takes_submissions P, unsigned Senders>
void solve(P& p, spawn_outside<Senders>& w) {
  w.run([&p](auto& progress, std::uint64_t i) { p.submit([&progress, i] { progress.ran(i); }); });
}

template <tasking_peer P>
void solve(P& p, stealing& w) {
  p.run([&] {
    w.forks();
    p.fork_join([&w] { w.meet(); }, [&w] { w.meet(); });
  });
}

template <tasking_peer P>
void solve(P& p, idle_cpu& w) {
  std::atomic<unsigned> ran{0};
  w.run([&] { p.run([&] { p.for_each(100, [&ran](std::size_t) { ran.fetch_add(1, std::memory_order_relaxed); }); }); });
  w.ran = ran.load() == 100;
}
template <tasking_peer P>
void solve(P& p, busy_cpu& w) {
  w.run([&](auto compute) { p.run([&] { compute(); }); });
}

template <tasking_peer P, std::uint64_t Tasks>
void solve(P& p, memory_spawned<Tasks>& w) {
  std::atomic<std::uint64_t> ran{0};
  p.run([&] { spawn_and_join(p, Tasks, [&ran](std::size_t) { ran.fetch_add(1, std::memory_order_relaxed); }); });
  w.result = ran.load();
}

template <looping_peer P, std::size_t N>
void solve(P& p, parallel_for_of<N>& w) {
  p.loop(N, [&w](std::size_t from, std::size_t end) { w.part(from, end); });
}

}  // namespace perf
