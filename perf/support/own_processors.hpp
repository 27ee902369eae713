#pragma once

#include <sched.h>

namespace perf {

/// While it exists, the calling thread and those that it starts have only so many processors: for a peer that has no
/// number of threads to be told.
class own_processors {
 public:
  explicit own_processors(unsigned count) {
    if (sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t few;
    CPU_ZERO(&few);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && count != 0; ++cpu) {
      if (!CPU_ISSET(cpu, &before_)) continue;
      CPU_SET(cpu, &few);
      --count;
    }
    changed_ = sched_setaffinity(0, sizeof few, &few) == 0;
  }
  own_processors(const own_processors&) = delete;
  own_processors& operator=(const own_processors&) = delete;
  ~own_processors() {
    if (changed_) sched_setaffinity(0, sizeof before_, &before_);
  }

 private:
  cpu_set_t before_{};
  bool changed_ = false;
};

}  // namespace perf
