#pragma once

#include <vector>

namespace bench {

/// Maps values to places on an axis, in proportion or by their logarithms.
class plot_scale {
 public:
  enum class kind { linear, logarithmic };

  /// `least` and `most` land on `from` and `to`. A logarithmic scale needs least > 0.
  plot_scale(kind how, double least, double most, double from, double to);

  double operator()(double value) const;
  bool logarithmic() const noexcept { return how_ == kind::logarithmic; }

  /// Round values within the scale, about so many.
  std::vector<double> ticks(unsigned about) const;

 private:
  kind how_;
  double least_;
  double most_;
  double from_;
  double to_;
};

}  // namespace bench
