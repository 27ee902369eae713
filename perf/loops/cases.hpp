#pragma once

#include "support/paired.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace perf {

/// One row of the table: the same work by several contestants, who run in turn.
struct loop_case {
  struct contestant {
    std::string name;
    std::function<bool()> work;  ///< returns whether the result was right
  };

  std::string name;
  double repeats;  ///< of the work that one run of a contestant does
  const char* unit;
  double unit_seconds;
  std::vector<contestant> contestants;  ///< magpie first; the peer that the bar speaks of second

  /// For the first: at most so many times the time of the second; 0 if there is no such bar.
  double most_ratio = 0;
  /// At most so much, in `unit`; 0 if there is no such bar. With `beyond_second`, over the time of the second.
  double most = 0;
  bool beyond_second = false;
  /// Where one thread works: the time for which it had a CPU counts, not that on the wall.
  bool by_processor = false;
};

/// Loops, reductions, scans and sorts, on so many threads, beside oneTBB.
std::vector<loop_case> parallel_cases(unsigned threads);
/// Locks and channels: magpie alone.
std::vector<loop_case> sync_cases(unsigned threads);

}  // namespace perf
