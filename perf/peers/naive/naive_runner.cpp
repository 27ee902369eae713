#include "peers/counted_group.hpp"
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
  static std::string lacks(std::string_view) { return "A queue of functions has nothing of the kind."; }
  naive_peer(unsigned threads, caller) : queue_peer(threads) {}
};

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::naive_peer>(argc, argv); }
