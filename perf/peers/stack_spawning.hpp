#pragma once

#include "peers/stack_peer.hpp"
#include "workloads/spawning.hpp"
#include "workloads/submit_wait.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <semaphore>
#include <vector>

/// What spawning costs, for the peers whose tasks are functions.
namespace perf {

/// with_group(body): in a task, calls body(group), whose group.spawn(f) makes tasks; returns when all have run. Only
/// what has such tasks is asked what they cost.
template <class P>
concept spawning_peer = stack_peer<P> && requires { typename P::spawner; };

template <spawning_peer P, std::uint64_t N>
void solve(P& p, gather_of<N>& w) {
  p.run([&] {
    w.result = 0;
    std::vector<std::uint64_t> values(N);
    for (std::uint64_t r = 0; r < w.rounds; ++r) {
      p.for_each(N, [&](std::size_t i) { values[i] = i; });
      w.result = std::accumulate(values.begin(), values.end(), w.result);
    }
  });
}

template <spawning_peer P>
void solve(P& p, spawn_inside& w) {
  p.run([&] {
    w.result = 0;
    std::vector<std::uint64_t> values(spawn_inside::at_once);
    for (std::uint64_t b = 0; b < w.batches; ++b) {
      const std::uint64_t first = b * spawn_inside::at_once;
      p.with_group([&](auto& group) {
        for (std::uint64_t i = 0; i < spawn_inside::at_once; ++i) {
          group.spawn([&values, first, i] { values[i] = first + i; });
        }
      });
      w.result = std::accumulate(values.begin(), values.end(), w.result);
    }
  });
}

template <spawning_peer P>
void solve(P& p, group_spawn_join& w) {
  p.run([&] {
    w.result = 0;
    for (std::uint64_t g = 0; g < w.groups; ++g) {
      std::array<std::uint64_t, group_spawn_join::at_once> values;
      p.with_group([&](auto& group) {
        for (std::uint64_t i = 0; i < values.size(); ++i) {
          group.spawn([&values, g, i] { values[i] = g * values.size() + i; });
        }
      });
      w.result = std::accumulate(values.begin(), values.end(), w.result);
    }
  });
}

/// submit(f): from a plain thread; f runs in the pool, at some time.
template <class P>
concept takes_submissions = stack_peer<P> && requires(P& p, void (&f)()) { p.submit(f); };

template <takes_submissions P, unsigned IdleMs>
void solve(P& p, round_trip<IdleMs, caller::stays_out>& w) {
  std::binary_semaphore done(0);
  p.submit([&w, &done] {
    w.got = w.small_task(w.sent);
    done.release();
  });
  done.acquire();
}

template <spawning_peer P, unsigned IdleMs>
void solve(P& p, round_trip<IdleMs, caller::takes_part>& w) {
  p.run([&] { p.fork_join([&w] { w.got = w.small_task(w.sent); }, [] {}); });
}

}  // namespace perf
