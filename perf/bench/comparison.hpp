#pragma once

#include "bench/figures.hpp"
#include "bench/run_file.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace bench {

enum class change { better, worse, within_noise, broken, mended };

/// A cell that both runs have.
struct compared {
  std::string workload;
  unsigned threads;
  std::string peer;
  measure what;
  double before;
  double after;
  double ratio;            ///< after / before; above 1 is worse
  double noise;            ///< by how much the ratio may be off, as a part of 1
  std::size_t references;  ///< peers that were the yardstick; 0: the medians were compared as they are
  change verdict;
  std::string message;  ///< if it is broken
};

struct comparison {
  std::vector<compared> cells;
  std::vector<std::string> doubts;  ///< what the reader must know: other machines, other sizes
};

/// Compares what both runs have of the peers `of` (ids). All other peers that are the same in both runs are the
/// yardstick: a cell is divided by theirs of the same round, so what changed with the machine cancels out.
/// Throws file_error if they have nothing in common.
comparison compare(const run_file& before, const run_file& after, const std::vector<std::string>& of);

std::string comparison_text(const comparison& all);

}  // namespace bench
