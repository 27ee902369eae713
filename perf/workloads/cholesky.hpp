#pragma once

#include "workloads/aligned_array.hpp"
#include "workloads/facts.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace perf {

/// A symmetric matrix becomes the product of a triangular one and its transpose, tile by tile. A tile's step waits for
/// the steps whose tiles it reads: a graph, not a tree.
class cholesky {
 public:
  static workload_facts facts() {
    return {.name = "cholesky",
            .kind = kind::macro,
            .unit = "task",
            .full = "1024 x 1024 doubles, 16 x 16 tiles",
            .quick = "256 x 256 doubles, 8 x 8 tiles"};
  }
  explicit cholesky(size s);

  std::uint64_t items() const { return steps_.size(); }
  void prepare();
  bool right() const;

  std::size_t tasks() const noexcept { return steps_.size(); }
  std::span<const std::uint32_t> before(std::size_t task) const noexcept { return steps_[task].before; }
  std::span<const std::uint32_t> after(std::size_t task) const noexcept { return steps_[task].after; }
  void perform(std::size_t task) const;  ///< compiled once, for all
  /// For those who count: one of the tasks before this one is done. Whether it was the last.
  bool one_less(std::size_t task) const noexcept {
    // Whoever takes the last one sees what all the others have written.
    return left_[task].fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  /// The task that waits for nothing.
  static constexpr std::size_t first = 0;

 private:
  /// Tile (i, j) at step k: its update by column k if k < j; the end of it, once all updates are done, if k == j.
  struct step {
    std::uint32_t i, j, k;
    std::vector<std::uint32_t> before;
    std::vector<std::uint32_t> after;
  };

  double* tile(std::size_t i, std::size_t j) const noexcept { return data_.data() + (i * tiles_ + j) * side_ * side_; }
  void factor(double* a) const;
  void solve_below(double* a, const double* diagonal) const;
  void update(double* c, const double* a, const double* b) const;

  std::size_t tiles_;
  std::size_t side_;  ///< of a tile
  std::vector<step> steps_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> left_;
  aligned_array<double> input_;
  aligned_array<double> data_;
  aligned_array<double> expected_;
};

}  // namespace perf
