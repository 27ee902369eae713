#pragma once

#include "bench/run_file.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// What a runner offers of one workload.
struct offer {
  workload_facts facts;
  std::vector<unsigned> threads;
  std::string no_such_feature;  ///< if it is not empty, nothing else counts
};

/// A program beside the driver that runs the workloads on one peer.
struct runner {
  std::filesystem::path program;
  peer_facts facts;
  std::vector<offer> offers;

  const offer* find(const std::string& workload) const;
};

/// A runner that cannot be used, and why.
struct broken_runner {
  std::filesystem::path program;
  std::string why;
};

struct runners {
  std::vector<runner> usable;
  std::vector<broken_runner> broken;
};

/// Asks each program magpie-bench-* of these folders what it is. Of several builds of the same peer, each gets its
/// compiler's name behind its own.
runners find_runners(const std::vector<std::filesystem::path>& folders);

struct effort {
  unsigned threads = 1;
  std::string size;
  unsigned samples = 1;
  double seconds = 0;  ///< that it should take
  double limit = 0;    ///< seconds after which it is killed
};

/// Runs a workload in a process of its own. Whatever happens to that becomes part of the answer. Empty after Ctrl-C.
std::optional<one_run> run_workload(const runner& with, const std::string& workload, const effort& how_much);

}  // namespace bench
