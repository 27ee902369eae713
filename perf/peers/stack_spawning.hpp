#pragma once

#include "peers/stack_peer.hpp"
#include "workloads/spawning.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

/// What spawning costs, for the peers whose tasks are functions.
namespace perf {

/// n tasks that call f(0), f(1), ...: spawned one by one where the peer can.
template <tasking_peer P>
void spawn_and_join(P& p, std::size_t n, auto&& f) {
  if constexpr (spawning_peer<P>) {
    p.with_group([&](auto& group) {
      for (std::size_t i = 0; i < n; ++i) group.spawn([&f, i] { f(i); });
    });
  } else {
    p.for_each(n, f);
  }
}

template <tasking_peer P, std::uint64_t N>
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

template <tasking_peer P>
void solve(P& p, spawn_inside& w) {
  p.run([&] {
    w.result = 0;
    std::vector<std::uint64_t> values(spawn_inside::at_once);
    for (std::uint64_t b = 0; b < w.batches; ++b) {
      const std::uint64_t first = b * spawn_inside::at_once;
      spawn_and_join(p, spawn_inside::at_once, [&values, first](std::size_t i) { values[i] = first + i; });
      w.result = std::accumulate(values.begin(), values.end(), w.result);
    }
  });
}

template <tasking_peer P>
void solve(P& p, group_spawn_join& w) {
  p.run([&] {
    w.result = 0;
    for (std::uint64_t g = 0; g < w.groups; ++g) {
      std::array<std::uint64_t, group_spawn_join::at_once> values;
      spawn_and_join(p, values.size(), [&values, g](std::size_t i) { values[i] = g * values.size() + i; });
      w.result = std::accumulate(values.begin(), values.end(), w.result);
    }
  });
}

}  // namespace perf
