#include "peers/graph_levels.hpp"
#include "peers/lacking.hpp"
#include "peers/stack_forms.hpp"
#include "runners/runner.hpp"

#include <citor/cpos/inclusive_scan.h>
#include <citor/hints.h>
#include <citor/thread_pool.h>
#include <citor/version.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace perf {
namespace {

class citor_peer {
 public:
  static peer_facts facts() {
    return {.peer = "citor",
            .version = CITOR_VERSION_STRING,
            .notes = "forkJoin and forkJoinAll, with a worker stack of 64 MiB; tasks are spawned many by one call. The "
                     "graph goes by levels. The caller is a thread; with one thread children are plain calls."};
  }
  static std::string lacks(std::string_view workload);

  citor_peer(unsigned threads, caller) : pool(threads, citor::Affinity::PerCpu) {}

  static constexpr bool makes_tasks = true;
  void run(auto&& f) { f(); }
  void fork_join(auto&& f, auto&& g) {
    pool.forkJoin<citor::HintsDefaults>([&f] { f(); }, [&g] { g(); });
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    pool.forkJoinAll<citor::HintsDefaults>(n, [&f](std::size_t i) { f(i); });
  }
  void loop(std::size_t n, auto&& part) {
    pool.parallelFor<citor::HintsDefaults>(std::size_t{0}, n,
                                           [&part](std::size_t from, std::size_t end) { part(from, end); });
  }

  citor::ThreadPool pool;
  graph_levels levels;
};

std::string citor_peer::lacks(std::string_view workload) {
  return first_reason(workload,
                      {{"spawn_outside", "citor's submitDetached() starts a thread of its own for each task."},
                       {"submit_wait", "citor's caller is one of its threads; none but the caller runs a single task."},
                       {"wait_any", "citor waits for all that it forks, not for the first."},
                       {"as_completed", "citor waits for all that it forks, not for one after the other."},
                       {"ping_pong", "citor's tasks are calls that return; they do not wait for each other."},
                       {"yield", "citor's tasks are calls that return; none makes way for another."},
                       {"timer", "citor has no timers."},
                       {"deadline", "citor's tasks look at the processor's clock themselves; nothing stops them."},
                       {"cancel", "citor's tokens are looked at between pieces of work; none of its tasks sleeps."},
                       {"memory_gather_limit", "citor does not limit how many of a fork's tasks are under way."},
                       {"parallel_sort", "citor has no sort."}});
}

void solve(citor_peer& p, cholesky& w) {
  if (p.levels.empty()) p.levels = levels_of(w);
  for (const std::vector<std::size_t>& level : p.levels) {
    p.for_each(level.size(), [&w, &level](std::size_t i) { w.perform(level[i]); });
  }
}

void solve(citor_peer& p, parallel_reduce& w) {
  w.result = p.pool.parallelReduce<citor::HintsDefaults>(
      std::size_t{0}, w.data.size(), std::uint64_t{0},
      [&w](std::size_t from, std::size_t end) { return w.part(from, end); }, std::plus<>());
}

void solve(citor_peer& p, parallel_scan& w) {
  static_cast<void>(p.pool.inclusiveScan<citor::HintsDefaults, std::uint64_t>(
      std::span<const std::uint64_t>(w.in.all()), w.out.all(), std::uint64_t{0}, std::plus<>()));
}

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::citor_peer>(argc, argv); }
