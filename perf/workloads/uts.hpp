#pragma once

#include "workloads/facts.hpp"

#include <array>
#include <cstdint>

namespace perf {

/// Unbalanced tree search: a node's hash says how many children it has, so that nobody knows the tree in advance. A
/// geometric tree of fixed shape, four children on average down to a depth, as in the T1 of the original; the hash is
/// splitmix64, a few ns instead of SHA-1's 100, so that the scheduler shows.
struct uts {
  static constexpr unsigned most_children = 64;
  static constexpr double mean_children = 4;

  static workload_facts facts() {
    return {.name = "uts",
            .kind = kind::macro,
            .unit = "node",
            .full = "geometric, 4 children on average, depth 11",
            .quick = "geometric, 4 children on average, depth 8"};
  }
  explicit uts(size s);

  std::uint64_t items() const { return expected_; }
  bool right() const { return result == expected_; }

  struct node {
    std::uint64_t state;
    unsigned depth;
  };
  node root() const { return {mix(19), 0}; }
  node child(node parent, unsigned i) const { return {mix(parent.state + i + 1), parent.depth + 1}; }
  unsigned children(node of) const {
    if (of.depth >= depth) return 0;
    unsigned n = 0;
    while (n < most_children && of.state >= more_than_[n]) ++n;
    return n;
  }

  unsigned depth;
  std::uint64_t result = 0;

 private:
  static std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
  }
  std::uint64_t serial(node of) const;

  std::array<std::uint64_t, most_children> more_than_;  ///< a hash from here on has more than so many children
  std::uint64_t expected_;
};

}  // namespace perf
