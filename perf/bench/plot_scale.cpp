#include "bench/plot_scale.hpp"

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

/// 1, 2 or 5 times a power of ten, not less than `value`.
double round_up(double value) {
  const double power = std::pow(10, std::floor(std::log10(value)));
  const double digits = value / power;
  return power * (digits <= 1 ? 1 : digits <= 2 ? 2 : digits <= 5 ? 5 : 10);
}

}  // namespace

plot_scale::plot_scale(kind how, double least, double most, double from, double to)
    : how_(how), least_(least), most_(most > least ? most : least + (least > 0 ? least : 1)), from_(from), to_(to) {}

double plot_scale::operator()(double value) const {
  const double part = logarithmic() ? std::log(std::max(value, least_) / least_) / std::log(most_ / least_)
                                    : (value - least_) / (most_ - least_);
  return from_ + std::clamp(part, 0.0, 1.0) * (to_ - from_);
}

std::vector<double> plot_scale::ticks(unsigned about) const {
  std::vector<double> found;
  const double slack = 1e-9;
  if (!logarithmic()) {
    const double step = round_up((most_ - least_) / about);
    for (double i = std::ceil(least_ / step - slack); i * step <= most_ * (1 + slack); ++i)
      found.push_back(i * step + 0.0);  // 0, not -0
    return found;
  }
  const double decades = std::log10(most_ / least_);
  const auto stride = std::max(1, static_cast<int>(std::ceil(decades / about)));
  const std::vector<double> digits = decades < 1.2   ? std::vector<double>{1, 2, 3, 5}
                                     : decades < 2.5 ? std::vector<double>{1, 3}
                                                     : std::vector<double>{1};
  for (int power = static_cast<int>(std::floor(std::log10(least_))); std::pow(10, power) <= most_; power += stride) {
    for (const double digit : digits) {
      const double tick = digit * std::pow(10, power);
      if (tick >= least_ * (1 - slack) && tick <= most_ * (1 + slack)) found.push_back(tick);
    }
  }
  return found;
}

}  // namespace bench
