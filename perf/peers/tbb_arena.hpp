#pragma once

/// oneTBB as a peer. Empty where it is not installed: look at PERF_HAS_TBB.
#if PERF_HAS_TBB

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

namespace perf {

/// oneTBB on so many threads; the caller is one of them.
class tbb_arena {
 public:
  static constexpr const char* name = "oneTBB";
  explicit tbb_arena(unsigned threads) : threads_(threads), arena_(static_cast<int>(threads)) {}

  /// Calls `work` inside; the limit holds for the time of the call only, as arenas of other sizes may exist.
  template <class Work>
  auto run(Work work) {
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, threads_);
    return arena_.execute(work);
  }

 private:
  unsigned threads_;
  oneapi::tbb::task_arena arena_;
};

/// oneTBB with so many threads of its own, for callers who do not take part. No other limit may hold meanwhile.
class tbb_workers {
 public:
  static constexpr const char* name = "oneTBB";
  explicit tbb_workers(unsigned threads)
      : limit_(oneapi::tbb::global_control::max_allowed_parallelism, threads + 1),
        arena_(static_cast<int>(threads), 0) {}

  /// Hands `work` over and returns.
  template <class Work>
  void enqueue(Work work) {
    arena_.enqueue(work);
  }

 private:
  oneapi::tbb::global_control limit_;
  oneapi::tbb::task_arena arena_;
};

}  // namespace perf

#endif
