#pragma once

#include "workloads/facts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace perf {

/// In how many ways n queens stand on a board of n by n and none threatens another. One child for each place in the
/// next column that the queens so far leave.
struct nqueens {
  static constexpr std::size_t most = 16;
  using board = std::array<std::int8_t, most>;

  static workload_facts facts() {
    return {.name = "nqueens", .kind = kind::macro, .unit = "board", .full = "13 queens", .quick = "10 queens"};
  }
  explicit nqueens(size s) : n(s == size::full ? 13 : 10), expected_(serial(n, 0, {})) {}

  std::uint64_t items() const { return expected_.boards; }
  bool right() const { return result == expected_.solutions; }

  /// Writes the rows that are left in column `column` to `rows`, and returns how many. Compiled once, for all.
  static unsigned free_rows(unsigned n, unsigned column, const board& queens, board& rows);

  unsigned n;
  std::uint64_t result = 0;

 private:
  struct counts {
    std::uint64_t solutions;
    std::uint64_t boards;
  };
  static counts serial(unsigned n, unsigned column, board queens);

  counts expected_;
};

}  // namespace perf
