#pragma once

#include <span>
#include <string_view>

namespace bench {

/// What magpie is to reach, with each compiler.
struct bar {
  std::string_view workload;
  unsigned threads;
  bool over_tbb;  ///< as a part of oneTBB's time; else in the unit of the workload: seconds an item, bytes, CPUs
  double clang;
  double gcc;
};

std::span<const bar> bars();

}  // namespace bench
