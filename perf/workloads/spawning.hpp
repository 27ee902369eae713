#pragma once

#include "workloads/facts.hpp"

#include <cstdint>
#include <string>

namespace perf {

/// N children of one parent, again and again; the children only give back their number.
template <std::uint64_t N>
struct gather_of {
  static constexpr std::uint64_t children = N;

  static workload_facts facts() {
    return {.name = "gather_" + std::to_string(N),
            .unit = "child",
            .full = std::to_string(rounds_of(size::full)) + " rounds of " + std::to_string(N) + " children",
            .quick = std::to_string(rounds_of(size::quick)) + " rounds of " + std::to_string(N) + " children"};
  }
  explicit gather_of(size s) : rounds(rounds_of(s)) {}

  std::uint64_t items() const { return rounds * N; }
  bool right() const { return result == rounds * (N * (N - 1) / 2); }

  std::uint64_t rounds;
  std::uint64_t result = 0;

 private:
  static constexpr std::uint64_t rounds_of(size s) {
    const std::uint64_t children_of_all = s == size::full ? 100'000 : 20'000;
    return N > children_of_all ? 1 : children_of_all / N;
  }
};

/// A task spawns others, a thousand of them before it waits for all.
struct spawn_inside {
  static constexpr std::uint64_t at_once = 1000;

  static workload_facts facts() {
    return {.name = "spawn_inside", .unit = "task", .full = "100,000, by thousands", .quick = "20,000, by thousands"};
  }
  explicit spawn_inside(size s) : batches(s == size::full ? 100 : 20) {}

  std::uint64_t items() const { return batches * at_once; }
  bool right() const { return result == items() * (items() - 1) / 2; }

  std::uint64_t batches;
  std::uint64_t result = 0;
};

/// A group is opened, a few tasks are spawned into it, and it is joined.
struct group_spawn_join {
  static constexpr std::uint64_t at_once = 4;

  static workload_facts facts() {
    return {.name = "group_spawn_join",
            .unit = "group",
            .full = "20,000 groups of 4 tasks",
            .quick = "2,000 groups of 4 tasks"};
  }
  explicit group_spawn_join(size s) : groups(s == size::full ? 20'000 : 2'000) {}

  std::uint64_t items() const { return groups; }
  bool right() const { return result == groups * at_once * (groups * at_once - 1) / 2; }

  std::uint64_t groups;
  std::uint64_t result = 0;
};

}  // namespace perf
