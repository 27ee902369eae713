#pragma once

#include "workloads/facts.hpp"

#include <cstdint>

namespace perf {

/// A task waits for the first of a thousand others, of which 999 do not end; again and again.
struct wait_any {
  static constexpr std::uint64_t handles = 1000;

  static workload_facts facts() {
    return {.name = "wait_any_1000", .unit = "handle", .full = "100 rounds of 1,000", .quick = "20 rounds of 1,000"};
  }
  explicit wait_any(size s) : rounds(s == size::full ? 100 : 20) {}

  std::uint64_t items() const { return rounds * handles; }
  bool right() const { return result == rounds; }

  std::uint64_t rounds;
  std::uint64_t result = 0;  ///< how often it was the right one
};

/// A task takes the results of a thousand others, in the order in which they come.
struct as_completed {
  static constexpr std::uint64_t handles = 1000;

  static workload_facts facts() {
    return {
        .name = "as_completed_1000", .unit = "result", .full = "100 rounds of 1,000", .quick = "20 rounds of 1,000"};
  }
  explicit as_completed(size s) : rounds(s == size::full ? 100 : 20) {}

  std::uint64_t items() const { return rounds * handles; }
  bool right() const { return result == rounds * (handles * (handles - 1) / 2); }

  std::uint64_t rounds;
  std::uint64_t result = 0;
};

}  // namespace perf
