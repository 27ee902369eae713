#pragma once

#include "workloads/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace perf {

/// A task a row of the picture; rows through the set take a hundred times as long as those beside it.
struct mandelbrot {
  static workload_facts facts() {
    return {.name = "mandelbrot",
            .kind = kind::macro,
            .unit = "row",
            .full = "512 rows of 512 points",
            .quick = "128 rows of 128 points"};
  }
  explicit mandelbrot(size s);

  std::uint64_t items() const { return rows.size(); }
  void prepare() { rows.assign(rows.size(), 0); }
  bool right() const { return rows == expected_; }

  /// The steps that the points of a row take to leave the circle, summed up. Compiled once, for all.
  static std::uint64_t row(std::size_t y, std::size_t of);

  std::vector<std::uint64_t> rows;

 private:
  std::vector<std::uint64_t> expected_;
};

}  // namespace perf
