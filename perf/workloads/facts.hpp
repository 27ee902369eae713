#pragma once

#include <cstdint>
#include <string>

namespace perf {

/// How much of a workload: what is published, or enough to see that it works.
enum class size { full, quick };

enum class kind { macro, micro };

/// What of a workload is looked at.
enum class measure {
  time,     ///< how long one run takes
  latency,  ///< how long one run takes, each run for itself
  memory,   ///< the peak of the resident memory of one run
  idle,     ///< the processor time that a pool takes that has nothing to do
  busy      ///< processor time per time on the wall while one thread has work
};

/// Whether the thread that asks for work is one of those that do it, or has others do it.
enum class caller { takes_part, stays_out };

/// What is known of a workload before it runs.
struct workload_facts {
  std::string name;
  perf::kind kind = perf::kind::micro;
  std::string unit;   ///< what one item is
  std::string full;   ///< what `size::full` means
  std::string quick;  ///< empty: there is no such size
  perf::measure measure = perf::measure::time;
  perf::caller caller = perf::caller::takes_part;
  unsigned least_threads = 1;
};

}  // namespace perf
