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
    if (workload.starts_with("submit_wait") || workload.starts_with("spawn_outside")) {
      return "Only the threads of a region make tasks for it.";
    }
    return "OpenMP has no such thing.";
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

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::openmp_peer>(argc, argv); }
