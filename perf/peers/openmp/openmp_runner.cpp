#include "peers/lacking.hpp"
#include "peers/stack_forms.hpp"
#include "runners/runner.hpp"

#include <omp.h>

#include <cstddef>
#include <string>
#include <string_view>

#ifndef PERF_OPENMP_NAME
#define PERF_OPENMP_NAME "OpenMP"
#endif

namespace perf {
namespace {

#define PERF_TEXT_OF(x) #x
#define PERF_TEXT(x) PERF_TEXT_OF(x)

class openmp_peer {
 public:
  static peer_facts facts() {
    return {
        .peer = PERF_OPENMP_NAME,
        .version = PERF_TEXT(_OPENMP),
        .notes = "Tasks and taskgroups in a parallel region, whose thread is one of them; loops by a parallel for."};
  }
  static std::string lacks(std::string_view workload) {
    return first_reason(
        workload, {{"submit_wait", "OpenMP: only the threads of a region make tasks for it, none from outside."},
                   {"spawn_outside", "OpenMP: only the threads of a region make tasks for it, none from outside."},
                   {"wait_any", "OpenMP waits for all children or a whole group, not for the first."},
                   {"as_completed", "OpenMP waits for all children or a whole group, not for one after the other."},
                   {"ping_pong", "OpenMP's tasks wait for their children and dependencies; none wakes another."},
                   {"yield", "OpenMP's taskyield need not let others run, and in GCC's library does not."},
                   {"timer", "OpenMP has no timers."},
                   {"deadline", "OpenMP has no deadlines."},
                   {"cancel", "OpenMP's cancel keeps tasks from starting or is seen where they ask; none sleeps."},
                   {"memory_gather_limit", "OpenMP has nothing that limits how many tasks are under way."},
                   {"parallel_sort", "OpenMP has no sort."}});
  }

  openmp_peer(unsigned threads, caller) { omp_set_num_threads(static_cast<int>(threads)); }

  void run(auto&& f) {
#pragma omp parallel
#pragma omp single
    f();
  }
  void fork_join(auto&& f, auto&& g) {
#pragma omp task shared(f)
    f();
    g();
#pragma omp taskwait
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    for (std::size_t i = 0; i + 1 < n; ++i) {
#pragma omp task shared(f) firstprivate(i)
      f(i);
    }
    f(n - 1);
#pragma omp taskwait
  }
  void loop(std::size_t n, auto&& part) {
#pragma omp parallel
    {
      const auto threads = static_cast<std::size_t>(omp_get_num_threads());
      const auto self = static_cast<std::size_t>(omp_get_thread_num());
      part(n * self / threads, n * (self + 1) / threads);
    }
  }

  struct spawner {
    void spawn(auto f) {
#pragma omp task firstprivate(f)
      f();
    }
  };
  void with_group(auto&& body) {
    spawner group;
#pragma omp taskgroup
    body(group);
  }
};

void solve(openmp_peer&, parallel_reduce& w) {
  const std::uint32_t* const in = w.data.data();
  const std::size_t n = w.data.size();
  std::uint64_t sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (std::size_t i = 0; i < n; ++i) sum += std::uint64_t{in[i]} * in[i];
  w.result = sum;
}

void solve(openmp_peer&, parallel_scan& w) {
  const std::uint64_t* const in = w.in.data();
  std::uint64_t* const out = w.out.data();
  const std::size_t n = w.in.size();
  std::uint64_t sum = 0;
#pragma omp parallel for reduction(inscan, + : sum)
  for (std::size_t i = 0; i < n; ++i) {
    sum += in[i];
#pragma omp scan inclusive(sum)
    out[i] = sum;
  }
}

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::openmp_peer>(argc, argv); }
