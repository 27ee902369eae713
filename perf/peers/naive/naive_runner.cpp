#include "peers/counted_group.hpp"
#include "peers/lacking.hpp"
#include "peers/naive/naive_pool.hpp"
#include "peers/stack_forms.hpp"
#include "runners/runner.hpp"

#include <string>
#include <string_view>

namespace perf {
namespace {

struct naive_peer : queue_peer<naive_pool> {
  static peer_facts facts() {
    return {.peer = "naive",
            .version = "-",
            .notes =
                "One queue under one mutex. Who waits for children runs tasks from the queue meanwhile. The caller "
                "stays out."};
  }
  static std::string lacks(std::string_view workload) {
    return first_reason(
        workload,
        {{"wait_any", "The naive pool counts the tasks that are left; it does not know which was the first."},
         {"as_completed", "The naive pool counts the tasks that are left; it does not know which has ended."},
         {"ping_pong", "The naive pool's tasks are functions that run to their end; none wakes another."},
         {"yield", "The naive pool's tasks are functions that run to their end; none goes back to the queue."},
         {"timer", "The naive pool has no timers."},
         {"deadline", "The naive pool has no deadlines."},
         {"cancel", "The naive pool has no cancellation."},
         {"memory_gather_limit", "The naive pool takes whatever is submitted, without a limit."},
         {"parallel", "The naive pool has no loops and no algorithms."}});
  }
  naive_peer(unsigned threads, caller) : queue_peer(threads) {}
};

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::naive_peer>(argc, argv); }
