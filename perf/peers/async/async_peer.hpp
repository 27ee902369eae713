#pragma once

#include "peers/lacking.hpp"
#include "runners/runner.hpp"
#include "support/own_processors.hpp"

#include <cstddef>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perf {

/// std::async: a thread for each task, and no pool. Who forks in a recursion cuts it off, so that there are no more
/// threads than pieces that are worth one.
class async_peer {
 public:
  static peer_facts facts() {
    return {.peer = "std::async",
            .version = std::to_string(__cplusplus),
            .notes =
                "std::launch::async: a thread for each task. Recursions are cut off, as its users do: below 8 pieces "
                "for each processor they are plain calls. \"Threads\" are the processors that it may use."};
  }
  static std::string lacks(std::string_view workload);

  async_peer(unsigned threads, caller) : processors_(threads) { pieces_here_ = 8 * std::size_t{threads}; }

  void run(auto&& f) { f(); }
  void fork_join(auto&& f, auto&& g) {
    if (pieces_here_ <= 1) {
      f();
      g();
      return;
    }
    const std::size_t whole = pieces_here_;
    std::future<void> other = start(whole / 2, f);
    pieces_here_ = whole / 2;
    g();
    pieces_here_ = whole;
    other.get();
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    if (pieces_here_ <= 1) {
      for (std::size_t i = 0; i < n; ++i) f(i);
      return;
    }
    const std::size_t whole = pieces_here_;
    std::vector<std::future<void>> others;
    others.reserve(n - 1);
    for (std::size_t i = 0; i + 1 < n; ++i) others.push_back(start(whole / n, [&f, i] { f(i); }));
    pieces_here_ = whole / n;
    f(n - 1);
    pieces_here_ = whole;
    for (std::future<void>& other : others) other.get();
  }

  class spawner {
   public:
    void spawn(auto f) {
      std::future<void> one = start(1, f);
      const std::lock_guard hold(mutex_);
      tasks_.push_back(std::move(one));
    }
    /// Until there is none left; a task spawns before its end, and so before it is waited for.
    void wait() {
      for (;;) {
        std::vector<std::future<void>> some;
        {
          const std::lock_guard hold(mutex_);
          some.swap(tasks_);
        }
        if (some.empty()) return;
        for (std::future<void>& one : some) one.get();
      }
    }

   private:
    std::mutex mutex_;
    std::vector<std::future<void>> tasks_;
  };
  void with_group(auto&& body) {
    spawner group;
    body(group);
    group.wait();
  }

 private:
  static std::future<void> start(std::size_t pieces, auto&& f) {
    return std::async(std::launch::async, [pieces, f] {
      pieces_here_ = pieces;
      f();
    });
  }

  static inline thread_local std::size_t pieces_here_ = 1;
  own_processors processors_;
};

inline std::string async_peer::lacks(std::string_view workload) {
  return first_reason(
      workload,
      {{"fib", "A thread for each of 18 million calls is too many, and cut off it would be the serial program."},
       {"skynet", "A thread for each of a million leaves is too many, and cut off it would be the serial program."},
       {"nqueens", "A thread for each of millions of boards is too many, and cut off it would be the serial program."},
       {"uts", "A thread for each node is too many, and nobody knows where to cut this tree off."},
       {"gather_1000000", "A million threads at a time are too many."},
       {"memory_spawned", "A million threads at a time are too many."},
       {"memory_gather_limit",
        "std::async has no limit on how many tasks run; a thread for each of a million is too many."},
       {"spawn_outside", "The future of std::async waits for its task: nobody can hand one over and go on without it."},
       {"wait_any", "A std::future is waited for alone, never the first of several."},
       {"as_completed", "A std::future is waited for alone, never the next of several."},
       {"ping_pong", "std::async has nothing by which tasks wake each other."},
       {"yield", "A task of std::async is a thread, and makes way as the system likes."},
       {"timer", "std::async has no timers."},
       {"deadline", "std::async has no deadlines: wait_for() stops waiting, not the task."},
       {"cancel", "A task of std::async cannot be cancelled."},
       {"parallel", "std::async has no loops and no algorithms."}});
}

}  // namespace perf
