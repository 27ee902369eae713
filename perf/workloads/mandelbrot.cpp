#include "workloads/mandelbrot.hpp"

namespace perf {

mandelbrot::mandelbrot(size s) : rows(s == size::full ? 512 : 128), expected_(rows.size()) {
  for (std::size_t y = 0; y < rows.size(); ++y) expected_[y] = row(y, rows.size());
}

std::uint64_t mandelbrot::row(std::size_t y, std::size_t of) {
  constexpr unsigned most = 1000;
  const double step = 3.0 / static_cast<double>(of);
  const double imaginary = -1.5 + step * static_cast<double>(y);
  std::uint64_t sum = 0;
  for (std::size_t x = 0; x < of; ++x) {
    const double real = -2.25 + step * static_cast<double>(x);
    double a = 0;
    double b = 0;
    unsigned steps = 0;
    for (; steps < most && a * a + b * b < 4; ++steps) {
      const double next = a * a - b * b + real;
      b = 2 * a * b + imaginary;
      a = next;
    }
    sum += steps;
  }
  return sum;
}

}  // namespace perf
