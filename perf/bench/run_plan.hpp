#pragma once

#include "bench/runner_program.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// What was asked for on the command line.
struct wishes {
  std::string filter;              ///< a regular expression over the workloads' names; empty: all
  std::vector<std::string> peers;  ///< ids or names; empty: all
  std::vector<unsigned> threads;   ///< empty: 1 and the most that the runners offer
  bool only_bars = false;          ///< only the workloads and numbers of threads of bars()
  bool all = false;                ///< all workloads, even if the time is not enough
  std::optional<unsigned> repeat;
  std::string size = "quick";
  std::optional<double> minutes;
  std::optional<double> limit;  ///< seconds that a process may take
};

/// One process of each round.
struct cell {
  std::string workload;
  unsigned threads;
  const runner* with;
};

struct run_plan {
  std::vector<cell> cells;  ///< in the order of the first round; the next one goes the other way
  unsigned rounds = 1;
  double seconds = 0;           ///< that each process should sample for
  double limit = 0;             ///< seconds after which it is killed
  std::optional<double> until;  ///< seconds after which no process begins any more
  std::vector<absence> left_out;
  std::vector<absence> no_such_feature;
};

/// What was asked for cannot be done; says what can.
struct bad_wish : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `all` must outlive the plan.
run_plan make_plan(const std::vector<runner>& all, const wishes& asked);

}  // namespace bench
