#pragma once

#include "workloads/facts.hpp"

#include <cstdint>

namespace perf {

/// Ten children each; the leaves give their numbers, the others add up.
struct skynet {
  static constexpr unsigned width = 10;

  static workload_facts facts() {
    return {.name = "skynet", .kind = kind::macro, .unit = "leaf", .full = "10^6 leaves", .quick = "10^5 leaves"};
  }
  explicit skynet(size s) : leaves(s == size::full ? 1'000'000 : 100'000) {}

  std::uint64_t items() const { return leaves; }
  bool right() const { return result == serial(0, leaves); }

  /// Below a node are `count` leaves, of which the first has number `first`.
  static std::uint64_t serial(std::uint64_t first, std::uint64_t count) {
    if (count == 1) return first;
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < width; ++i) sum += serial(first + i * (count / width), count / width);
    return sum;
  }

  std::uint64_t leaves;
  std::uint64_t result = 0;
};

}  // namespace perf
