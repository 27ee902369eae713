#pragma once

#include "peers/lacking.hpp"
#include "runners/runner.hpp"

#include <exec/start_detached.hpp>
#include <exec/static_thread_pool.hpp>
#include <stdexec/execution.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace perf {

class stdexec_peer {
 public:
  static peer_facts facts() {
    return {.peer = "stdexec",
            .version = PERF_STDEXEC_VERSION,
            .notes =
                "exec::static_thread_pool. A task is schedule() | then(f), started detached; the last child goes on "
                "in the parent's place, as a sender must not wait. Loops by bulk(). The caller stays out."};
  }
  static std::string lacks(std::string_view workload);

  stdexec_peer(unsigned threads, caller) : threads_(threads), pool_(threads) {}

  void post(auto f) { exec::start_detached(stdexec::schedule(pool_.get_scheduler()) | stdexec::then(std::move(f))); }
  void submit(auto f) { post(std::move(f)); }

  /// The pool cuts a bulk's range itself; its body sees one index at a time, so that this is cut into parts before.
  void loop(std::size_t n, auto&& part) {
    const std::size_t parts = std::size_t{4} * threads_;
    stdexec::sync_wait(stdexec::schedule(pool_.get_scheduler()) |
                       stdexec::bulk(stdexec::par, parts,
                                     [n, parts, &part](std::size_t i) { part(n * i / parts, n * (i + 1) / parts); }));
  }

 private:
  unsigned threads_;
  exec::static_thread_pool pool_;
};

inline std::string stdexec_peer::lacks(std::string_view workload) {
  return first_reason(
      workload,
      {{"steal", "A thread of this pool wakes nobody for the tasks that it makes, so that they may never be stolen."},
       {"wait_any", "exec::when_any takes a number of senders that is fixed when they are compiled."},
       {"as_completed", "Senders that complete in any order are waited for together (when_all), not one by one."},
       {"yield", "A sender that is scheduled again is a new task: none goes to the back of the queue and then on."},
       {"ping_pong", "No sender of stdexec waits until another task sets something."},
       {"timer", "The pool has no timers: those of stdexec are a thread of their own beside it."},
       {"deadline", "The pool has no timers: those of stdexec are a thread of their own beside it."},
       {"cancel", "A stop is seen by what has not started or asks for it; no task sleeps in this pool."},
       {"memory_gather_limit", "stdexec has nothing that limits how many senders are under way."},
       {"parallel_sort", "stdexec has loops (bulk), no algorithms."},
       {"parallel_reduce", "stdexec has loops (bulk), no algorithms."},
       {"parallel_scan", "stdexec has loops (bulk), no algorithms."}});
}

void solve(stdexec_peer&, stealing&) = delete;

}  // namespace perf
