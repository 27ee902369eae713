#include "bench/quantiles.hpp"

#include <algorithm>
#include <cmath>

namespace bench {

double quantile(std::span<const double> sorted, double part) {
  if (sorted.empty()) return 0;
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75), values.size()};
}

std::vector<double> thinned(std::vector<double> values, std::size_t at_most) {
  std::sort(values.begin(), values.end());
  if (values.size() <= at_most || at_most < 2) return values;
  std::vector<double> kept;
  kept.reserve(at_most);
  const double step = static_cast<double>(values.size() - 1) / static_cast<double>(at_most - 1);
  for (std::size_t i = 0; i < at_most; ++i) {
    kept.push_back(values[static_cast<std::size_t>(std::lround(step * static_cast<double>(i)))]);
  }
  return kept;
}

}  // namespace bench
