#pragma once

#include "runners/job.hpp"

#include <cstdint>
#include <vector>

namespace perf {

struct sample {
  double wall;       ///< seconds of one run
  double processor;  ///< of all threads
  double waited;     ///< for which its threads were ready and had no CPU, or the host had taken it
  std::uint64_t runs;
};

struct sampled {
  std::vector<sample> samples;
  std::vector<double> latency_ns;
  std::uint64_t peak_bytes = 0;
  bool right = true;
};

struct effort {
  unsigned samples;
  double seconds;
};

/// The first run, on a pool that has done nothing yet: warms up, and shows the peak of memory.
/// Returns the seconds that it took.
double first_run(const job& work, sampled& to);

/// Google Benchmark finds out how many runs make a sample, and takes the samples. A workload that is to be prepared has
/// one run in a sample.
void take_samples(const job& work, const effort& how_much, double seconds_of_a_run, sampled& to);

/// Each run is an observation of its own.
void take_latencies(const job& work, const effort& how_much, sampled& to);

/// One run that watches itself, as it lasts long enough.
void take_one(const job& work, sampled& to);

}  // namespace perf
