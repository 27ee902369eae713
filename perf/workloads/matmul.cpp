#include "workloads/matmul.hpp"

#include <algorithm>
#include <random>

namespace perf {

matmul::matmul(size s) : n(s == size::full ? 1024 : 256), a_(n * n), b_(n * n), c_(n * n), expected_(n * n) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> number(-1, 1);
  for (double& x : a_) x = number(random);
  for (double& x : b_) x = number(random);
  serial({a_.data(), b_.data(), expected_.data(), n, n});
}

void matmul::prepare() { std::fill(c_.begin(), c_.end(), 0.0); }

/// To the last bit: each element is summed up in the same order, whoever does it.
bool matmul::right() const { return std::equal(c_.begin(), c_.end(), expected_.begin()); }

void matmul::part::multiply() const noexcept {
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < size; ++k) {
      const double factor = a[i * stride + k];
      for (std::size_t j = 0; j < size; ++j) c[i * stride + j] += factor * b[k * stride + j];
    }
  }
}

void matmul::serial(const part& p) {
  if (p.is_leaf()) return p.multiply();
  for (unsigned i = 0; i < 8; ++i) serial(p.quarter(i / 4, i / 2 % 2, i % 2));
}

}  // namespace perf
