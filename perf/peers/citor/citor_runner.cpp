#include "peers/stack_forms.hpp"
#include "runners/runner.hpp"

#include <citor/hints.h>
#include <citor/thread_pool.h>
#include <citor/version.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace perf {
namespace {

class citor_peer {
 public:
  static peer_facts facts() {
    return {.peer = "citor",
            .version = CITOR_VERSION_STRING,
            .notes = "forkJoin and forkJoinAll, with a worker stack of 64 MiB. The caller is a thread; with one thread "
                     "children are plain calls."};
  }
  static std::string lacks(std::string_view) { return "citor has forks and loops only, which block their caller."; }

  citor_peer(unsigned threads, caller) : pool_(threads, citor::Affinity::PerCpu) {}

  void run(auto&& f) { f(); }
  void fork_join(auto&& f, auto&& g) {
    pool_.forkJoin<citor::HintsDefaults>([&f] { f(); }, [&g] { g(); });
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    pool_.forkJoinAll<citor::HintsDefaults>(n, [&f](std::size_t i) { f(i); });
  }
  void loop(std::size_t n, auto&& part) {
    pool_.parallelFor<citor::HintsDefaults>(std::size_t{0}, n,
                                            [&part](std::size_t from, std::size_t end) { part(from, end); });
  }

 private:
  citor::ThreadPool pool_;
};

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::citor_peer>(argc, argv); }
