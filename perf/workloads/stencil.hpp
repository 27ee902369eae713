#pragma once

#include "workloads/aligned_array.hpp"
#include "workloads/facts.hpp"

#include <cstddef>
#include <cstdint>

namespace perf {

/// Each point of a square becomes the mean of its four neighbours, again and again; a step is 32 stripes, and the next
/// step waits for all of them.
struct stencil {
  static constexpr std::size_t side = 512;
  static constexpr std::size_t stripes = 32;

  static workload_facts facts() {
    return {.name = "stencil",
            .kind = kind::macro,
            .unit = "stripe",
            .full = "500 steps of 32 stripes, 512 x 512 doubles",
            .quick = "50 steps of 32 stripes, 512 x 512 doubles"};
  }
  explicit stencil(size s);

  std::uint64_t items() const { return steps * stripes; }
  void prepare();
  bool right() const;

  void stripe(std::size_t step, std::size_t index) const;  ///< compiled once, for all

  std::size_t steps;

 private:
  /// A step reads one and writes the other.
  aligned_array<double> even_;
  aligned_array<double> odd_;
  aligned_array<double> expected_;
};

}  // namespace perf
