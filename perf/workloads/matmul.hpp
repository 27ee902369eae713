#pragma once

#include "workloads/aligned_array.hpp"
#include "workloads/facts.hpp"

#include <cstddef>
#include <cstdint>

namespace perf {

/// C += A * B by quarters: four products of quarters at a time, then the four that add to the same quarters of C. The
/// leaves are 32 by 32.
struct matmul {
  static workload_facts facts() {
    return {.name = "matmul",
            .kind = kind::macro,
            .unit = "multiplication and addition",
            .full = "1024 x 1024 doubles",
            .quick = "256 x 256 doubles"};
  }
  explicit matmul(size s);

  std::uint64_t items() const { return n * n * n; }
  void prepare();
  bool right() const;

  /// A square part of each matrix, all of the same size; their rows are `stride` apart.
  struct part {
    const double* a;
    const double* b;
    double* c;
    std::size_t size;
    std::size_t stride;

    bool is_leaf() const noexcept { return size <= 32; }
    void multiply() const noexcept;  ///< compiled once, for all
    /// The product of quarters that adds to quarter (row, col) of C in the first or second half of the work.
    part quarter(unsigned half, unsigned row, unsigned col) const noexcept {
      const std::size_t h = size / 2;
      return {a + row * h * stride + half * h, b + half * h * stride + col * h, c + row * h * stride + col * h, h,
              stride};
    }
  };
  part whole() const noexcept { return {a_.data(), b_.data(), c_.data(), n, n}; }

  std::size_t n;

 private:
  static void serial(const part& p);

  aligned_array<double> a_;
  aligned_array<double> b_;
  aligned_array<double> c_;
  aligned_array<double> expected_;
};

}  // namespace perf
