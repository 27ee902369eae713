#include "workloads/stencil.hpp"

#include <algorithm>

namespace perf {

stencil::stencil(size s)
    : steps(s == size::full ? 500 : 50), even_(side * side), odd_(side * side), expected_(side * side) {
  prepare();
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t i = 0; i < stripes; ++i) stripe(step, i);
  }
  const aligned_array<double>& last = steps % 2 == 0 ? even_ : odd_;
  std::copy(last.begin(), last.end(), expected_.begin());
}

void stencil::prepare() {
  for (std::size_t i = 0; i < side * side; ++i) even_[i] = odd_[i] = static_cast<double>(i * 7919 % 1000);
}

bool stencil::right() const {
  const aligned_array<double>& last = steps % 2 == 0 ? even_ : odd_;
  return std::equal(last.begin(), last.end(), expected_.begin());
}

void stencil::stripe(std::size_t step, std::size_t index) const {
  const double* const from = step % 2 == 0 ? even_.data() : odd_.data();
  double* const to = step % 2 == 0 ? odd_.data() : even_.data();
  // The border stays as it is.
  const std::size_t first = std::max<std::size_t>(1, index * (side / stripes));
  const std::size_t end = std::min(side - 1, (index + 1) * (side / stripes));
  for (std::size_t y = first; y < end; ++y) {
    const double* const middle = from + y * side;
    double* const out = to + y * side;
    for (std::size_t x = 1; x + 1 < side; ++x) {
      out[x] = 0.25 * (middle[x - 1] + middle[x + 1] + middle[x - side] + middle[x + side]);
    }
  }
}

}  // namespace perf
