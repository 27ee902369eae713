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

}  // namespace perf
