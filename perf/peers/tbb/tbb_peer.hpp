#pragma once

#include "runners/runner.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace perf {

class tbb_peer {
 public:
  static peer_facts facts() {
    return {.peer = "oneTBB",
            .version = TBB_VERSION_STRING,
            .notes = "task_group, the last child called by the parent; algorithms for loops. The caller counts as a "
                     "thread, except where it stays out: then the arena has no place for it."};
  }
  static std::string lacks(std::string_view workload);

  tbb_peer(unsigned threads, caller who)
      : limit_(oneapi::tbb::global_control::max_allowed_parallelism, threads + (who == caller::stays_out ? 1 : 0)),
        arena_(static_cast<int>(threads), who == caller::stays_out ? 0 : 1) {}

  void run(auto&& f) { arena_.execute(f); }
  void submit(auto&& f) { arena_.enqueue(f); }

  void fork_join(auto&& f, auto&& g) {
    oneapi::tbb::task_group group;
    group.run(f);
    g();
    group.wait();
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    oneapi::tbb::task_group group;
    for (std::size_t i = 0; i + 1 < n; ++i) group.run([&f, i] { f(i); });
    f(n - 1);
    group.wait();
  }

  struct spawner {
    void spawn(auto&& f) { tasks.run(f); }
    oneapi::tbb::task_group tasks;
  };
  void with_group(auto&& body) {
    spawner group;
    body(group);
    group.tasks.wait();
  }

 private:
  oneapi::tbb::global_control limit_;
  oneapi::tbb::task_arena arena_;
};

inline std::string tbb_peer::lacks(std::string_view) { return "oneTBB has no such thing."; }

}  // namespace perf
