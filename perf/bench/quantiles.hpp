#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace bench {

/// A median and the quartiles around it.
struct spread {
  double low = 0;
  double median = 0;
  double high = 0;
  std::size_t count = 0;
};

/// Of sorted values, between neighbours in proportion. `part` is from 0 to 1.
double quantile(std::span<const double> sorted, double part);

spread spread_of(std::vector<double> values);

/// At most so many values that have the same quantiles: sorted, evenly chosen by rank, the least and the greatest kept.
std::vector<double> thinned(std::vector<double> values, std::size_t at_most);

}  // namespace bench
