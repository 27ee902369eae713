#pragma once

#include "peers/graph_levels.hpp"
#include "peers/lacking.hpp"
#include "runners/runner.hpp"

#include <libfork.hpp>

#include <string>
#include <string_view>

/// It moves what is awaited, and what lf::just() gives cannot be moved.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#define PERF_LIBFORK_UNDER_GCC_12 1
#else
#define PERF_LIBFORK_UNDER_GCC_12 0
#endif

namespace perf {

struct libfork_peer {
  static peer_facts facts() {
    return {.peer = "libfork",
            .version = std::to_string(LF_VERSION_MAJOR) + "." + std::to_string(LF_VERSION_MINOR) + "." +
                       std::to_string(LF_VERSION_PATCH),
            .notes = "lazy_pool; the last child by lf::call, as its examples do. The graph goes by levels, as forks "
                     "are joined where they are made. The caller stays out."};
  }
  static std::string lacks(std::string_view workload) {
    return first_reason(workload,
                        {{"wait_any", "lf::join waits for all forks, not for the first."},
                         {"as_completed", "lf::join waits for all forks, not for one after the other."},
                         {"ping_pong", "libfork has nothing by which tasks wake each other."},
                         {"yield", "A libfork task can go to a worker that it names, not behind other tasks."},
                         {"timer", "libfork has no timers."},
                         {"deadline", "libfork has no deadlines."},
                         {"cancel", "libfork 3 has no cancellation."},
                         {"parallel_reduce", "GCC 12 does not compile lf::fold; other compilers do."},
                         {"parallel_scan", "GCC 12 does not compile lf::scan; other compilers do."},
                         {"parallel_sort", "libfork has for_each, map, fold and scan, no sort."}});
  }

  libfork_peer(unsigned n, caller) : threads(n), pool(n) {}

  unsigned threads;
  lf::lazy_pool pool;
  graph_levels levels;
};

}  // namespace perf
