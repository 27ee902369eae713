#pragma once

#include "bench/plot_scale.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

/// Pictures as inline SVG. Colours come from the page: what belongs to peer N has the class pN.
namespace bench {

struct bar {
  std::size_t peer = 0;
  std::string label;
  double value = 0;
  double low = 0;
  double high = 0;
  std::string text;         ///< the value, for people
  std::string ratio;        ///< beside it; may be empty
  std::string absent;       ///< if it is not empty: there is no bar, and this is why, in a few words
  bool failed = false;      ///< with `absent`: a failure, not a lack
  std::string whole_story;  ///< for whoever points at it
};

struct bar_axis {
  std::string name;
  std::function<std::string(double)> tick;
};

std::string bar_plot(const std::string& title, const std::vector<bar>& bars, const bar_axis& axis);

struct point {
  double x = 0;
  double y = 0;
  double low = 0;  ///< low and high: drawn if they differ
  double high = 0;
};

struct curve {
  std::size_t peer = 0;
  std::string label;  ///< empty: none is drawn
  std::vector<point> points;
  bool marked = true;  ///< each point has a mark
  bool ideal = false;  ///< a guide line, not a measurement
};

struct tick {
  double at = 0;
  std::string text;
};

struct line_axes {
  std::string x_name;
  std::vector<tick> x_ticks;
  plot_scale::kind x_kind = plot_scale::kind::linear;
  plot_scale::kind y_kind = plot_scale::kind::linear;
  bool from_zero = false;  ///< linear y only
  std::function<std::string(double)> y_tick;
};

std::string line_plot(const std::string& title, const std::vector<curve>& curves, const line_axes& axes);

/// Each value a mark on one line: shows whether there are two heaps of them.
std::string strip_plot(const std::string& title, const std::vector<double>& values,
                       const std::function<std::string(double)>& tick);

}  // namespace bench
