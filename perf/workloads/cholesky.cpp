#include "workloads/cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <tuple>

namespace perf {

cholesky::cholesky(size s)
    : tiles_(s == size::full ? 16 : 8),
      side_(s == size::full ? 64 : 32),
      input_(tiles_ * tiles_ * side_ * side_),
      data_(input_.size()),
      expected_(input_.size()) {
  // In an order in which they could run one by one.
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::uint32_t> number;
  const auto add = [&](std::size_t i, std::size_t j, std::size_t k) {
    const auto self = static_cast<std::uint32_t>(steps_.size());
    number[{i, j, k}] = self;
    step made{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), static_cast<std::uint32_t>(k), {}, {}};
    if (k > 0) made.before.push_back(number.at({i, j, k - 1}));  // the tile as the step before left it
    if (k == j) {
      if (i != j) made.before.push_back(number.at({j, j, j}));
    } else {
      made.before.push_back(number.at({i, k, k}));
      if (i != j) made.before.push_back(number.at({j, k, k}));
    }
    for (const std::uint32_t b : made.before) steps_[b].after.push_back(self);
    steps_.push_back(std::move(made));
  };
  for (std::size_t k = 0; k < tiles_; ++k) {
    for (std::size_t i = k; i < tiles_; ++i) add(i, k, k);
    for (std::size_t i = k + 1; i < tiles_; ++i) {
      for (std::size_t j = k + 1; j <= i; ++j) add(i, j, k);
    }
  }
  left_ = std::make_unique<std::atomic<std::uint32_t>[]>(steps_.size());

  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> value(-1, 1);
  for (double& x : input_) x = value(random);
  // Heavy on the diagonal, so that it is positive definite.
  for (std::size_t t = 0; t < tiles_; ++t) {
    for (std::size_t d = 0; d < side_; ++d) {
      input_[(t * tiles_ + t) * side_ * side_ + d * side_ + d] = 2.0 * static_cast<double>(tiles_ * side_);
    }
  }
  prepare();
  for (std::size_t t = 0; t < tasks(); ++t) perform(t);
  std::copy(data_.begin(), data_.end(), expected_.begin());
}

void cholesky::prepare() {
  std::copy(input_.begin(), input_.end(), data_.begin());
  for (std::size_t t = 0; t < tasks(); ++t) {
    // relaxed: whoever starts the tasks hands this on to them
    left_[t].store(static_cast<std::uint32_t>(steps_[t].before.size()), std::memory_order_relaxed);
  }
}

/// To the last bit: the updates of a tile are in one order.
bool cholesky::right() const { return std::equal(data_.begin(), data_.end(), expected_.begin()); }

void cholesky::perform(std::size_t task) const {
  const step& s = steps_[task];
  if (s.k < s.j) return update(tile(s.i, s.j), tile(s.i, s.k), tile(s.j, s.k));
  if (s.i == s.j) return factor(tile(s.i, s.j));
  solve_below(tile(s.i, s.j), tile(s.j, s.j));
}

/// The lower triangle of `a` becomes its factor.
void cholesky::factor(double* a) const {
  for (std::size_t j = 0; j < side_; ++j) {
    double d = a[j * side_ + j];
    for (std::size_t k = 0; k < j; ++k) d -= a[j * side_ + k] * a[j * side_ + k];
    d = std::sqrt(d);
    a[j * side_ + j] = d;
    for (std::size_t i = j + 1; i < side_; ++i) {
      double x = a[i * side_ + j];
      for (std::size_t k = 0; k < j; ++k) x -= a[i * side_ + k] * a[j * side_ + k];
      a[i * side_ + j] = x / d;
    }
  }
}

/// a := a * diagonal^-T
void cholesky::solve_below(double* a, const double* diagonal) const {
  for (std::size_t i = 0; i < side_; ++i) {
    double* const row = a + i * side_;
    for (std::size_t j = 0; j < side_; ++j) {
      double x = row[j];
      for (std::size_t k = 0; k < j; ++k) x -= row[k] * diagonal[j * side_ + k];
      row[j] = x / diagonal[j * side_ + j];
    }
  }
}

/// c := c - a * b^T
void cholesky::update(double* c, const double* a, const double* b) const {
  constexpr std::size_t most = 64;
  double across[most * most];
  for (std::size_t i = 0; i < side_; ++i) {
    for (std::size_t j = 0; j < side_; ++j) across[j * side_ + i] = b[i * side_ + j];
  }
  for (std::size_t i = 0; i < side_; ++i) {
    for (std::size_t k = 0; k < side_; ++k) {
      const double factor_of_row = a[i * side_ + k];
      for (std::size_t j = 0; j < side_; ++j) c[i * side_ + j] -= factor_of_row * across[k * side_ + j];
    }
  }
}

}  // namespace perf
