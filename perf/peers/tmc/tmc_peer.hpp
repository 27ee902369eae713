#pragma once

#include "peers/lacking.hpp"
#include "runners/runner.hpp"

#include <tmc/all_headers.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace perf {

class tmc_peer {
 public:
  static peer_facts facts() {
    return {.peer = "TooManyCooks",
            .version = PERF_TMC_VERSION,
            .notes = "ex_cpu with one priority; spawn_many and spawn_tuple; fork for fib, except with GCC 12, which "
                     "cannot await it. A loop is four tasks for each thread. The caller stays out."};
  }
  static std::string lacks(std::string_view workload) {
    return first_reason(
        workload,
        {{"wait_any", "TooManyCooks waits for the first of at most 63 tasks (mux_many), not of a thousand."},
         {"as_completed",
          "TooManyCooks gives the results of at most 63 tasks as they come (mux_many), not of a thousand."},
         {"timer", "TooManyCooks has no timers of its own: it takes Asio's."},
         {"deadline", "TooManyCooks has no timers of its own: it takes Asio's."},
         {"cancel", "TooManyCooks does not cancel tasks: select() calls what its user gives it for the others."},
         {"parallel_sort", "TooManyCooks has no algorithms."},
         {"parallel_reduce", "TooManyCooks has no algorithms."},
         {"parallel_scan", "TooManyCooks has no algorithms."}});
  }

  tmc_peer(unsigned n, caller) : threads(n) { executor_.set_thread_count(n).init(); }
  tmc_peer(const tmc_peer&) = delete;
  tmc_peer& operator=(const tmc_peer&) = delete;
  ~tmc_peer() { executor_.teardown(); }

  template <class T>
  T run(tmc::task<T> root) {
    return tmc::post_waitable(executor_, std::move(root)).get();
  }
  template <class T>
  void submit(tmc::task<T> task) {
    tmc::post(executor_, std::move(task));
  }

  unsigned threads;

 private:
  tmc::ex_cpu executor_;
};

}  // namespace perf
