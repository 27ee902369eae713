#pragma once

#include "peers/lacking.hpp"
#include "runners/runner.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/parallel_scan.h>
#include <oneapi/tbb/parallel_sort.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
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

  void loop(std::size_t n, auto&& part) {
    using range = oneapi::tbb::blocked_range<std::size_t>;
    run([n, &part] { oneapi::tbb::parallel_for(range(0, n), [&part](const range& r) { part(r.begin(), r.end()); }); });
  }

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

inline std::string tbb_peer::lacks(std::string_view workload) {
  return first_reason(
      workload,
      {{"wait_any", "oneTBB waits for whole groups, not for the first of their tasks."},
       {"as_completed", "oneTBB waits for whole groups, not for one of their tasks after the other."},
       {"timer", "oneTBB has no timers."},
       {"deadline", "oneTBB has no deadlines."},
       {"cancel", "oneTBB cancels groups whose tasks have not started or ask; it does not end suspended ones."}});
}

inline void solve(tbb_peer& p, parallel_sort& w) {
  p.run([&w] { oneapi::tbb::parallel_sort(w.data.begin(), w.data.end()); });
}

inline void solve(tbb_peer& p, parallel_reduce& w) {
  using range = oneapi::tbb::blocked_range<std::size_t>;
  p.run([&w] {
    w.result = oneapi::tbb::parallel_reduce(
        range(0, w.data.size()), std::uint64_t{0},
        [&w](const range& r, std::uint64_t sum) { return sum + w.part(r.begin(), r.end()); }, std::plus<>());
  });
}

inline void solve(tbb_peer& p, parallel_scan& w) {
  using range = oneapi::tbb::blocked_range<std::size_t>;
  p.run([&w] {
    const std::uint64_t* const in = w.in.data();
    std::uint64_t* const out = w.out.data();
    oneapi::tbb::parallel_scan(
        range(0, w.in.size()), std::uint64_t{0},
        [in, out](const range& r, std::uint64_t sum, bool is_final) {
          if (is_final) {
            for (std::size_t i = r.begin(); i < r.end(); ++i) out[i] = sum += in[i];
          } else {
            for (std::size_t i = r.begin(); i < r.end(); ++i) sum += in[i];
          }
          return sum;
        },
        std::plus<>());
  });
}

/// A pipeline of which so many items may be under way.
inline void solve(tbb_peer& p, memory_gather_limit& w) {
  std::atomic<std::uint64_t> sum{0};
  std::uint64_t next = 0;
  p.run([&] {
    oneapi::tbb::parallel_pipeline(
        memory_gather_limit::at_once,
        oneapi::tbb::make_filter<void, std::uint64_t>(oneapi::tbb::filter_mode::serial_in_order,
                                                      [&next](oneapi::tbb::flow_control& control) {
                                                        if (next == memory_gather_limit::tasks) control.stop();
                                                        return next++;
                                                      }),
        oneapi::tbb::make_filter<std::uint64_t, void>(oneapi::tbb::filter_mode::parallel, [&sum](std::uint64_t i) {
          sum.fetch_add(i, std::memory_order_relaxed);
        }));
  });
  w.result = sum.load();
}

}  // namespace perf
