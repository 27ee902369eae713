#pragma once

#include "peers/tbb/tbb_peer.hpp"

#include <oneapi/tbb/task.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <cstdint>

/// Tasks that wake each other: oneTBB's resumable tasks, each of which has a stack of its own while it is suspended.
namespace perf {

/// One task waits for it at a time. Null: not set; its own address: set; otherwise who waits.
class tbb_event {
 public:
  void wait() {
    void* const was = state_.load(std::memory_order_acquire);
    if (was != this) {
      // The callback runs when the task is suspended, so that it can be resumed from then on.
      oneapi::tbb::task::suspend([this](oneapi::tbb::task::suspend_point who) {
        void* none = nullptr;
        if (!state_.compare_exchange_strong(none, who, std::memory_order_acq_rel)) oneapi::tbb::task::resume(who);
      });
    }
    state_.store(nullptr, std::memory_order_relaxed);  // relaxed: whoever sets it next was woken by this task
  }
  void set() {
    void* const who = state_.exchange(this, std::memory_order_acq_rel);
    if (who != nullptr) oneapi::tbb::task::resume(static_cast<oneapi::tbb::task::suspend_point>(who));
  }

 private:
  std::atomic<void*> state_{nullptr};
};

inline std::uint64_t tbb_plays(tbb_event& mine, tbb_event& others, std::uint64_t rounds) {
  std::uint64_t turns = 0;
  for (; turns < rounds; ++turns) {
    mine.wait();
    others.set();
  }
  return turns;
}
inline void solve(tbb_peer& p, ping_pong& w) {
  tbb_event ping;
  tbb_event pong;
  std::atomic<std::uint64_t> turns{0};
  ping.set();
  p.run([&] {
    oneapi::tbb::task_group both;
    both.run([&] { turns += tbb_plays(ping, pong, w.rounds); });
    both.run([&] { turns += tbb_plays(pong, ping, w.rounds); });
    both.wait();
  });
  w.result = turns.load();
}

/// Suspended, and ready at once: behind the others.
inline void solve(tbb_peer& p, yielding& w) {
  std::atomic<std::uint64_t> yields{0};
  p.run([&] {
    p.with_group([&](auto& group) {
      for (std::uint64_t i = 0; i < yielding::tasks; ++i) {
        group.spawn([&w, &yields] {
          for (std::uint64_t k = 0; k < w.each; ++k) {
            oneapi::tbb::task::suspend([](oneapi::tbb::task::suspend_point self) { oneapi::tbb::task::resume(self); });
          }
          yields.fetch_add(w.each, std::memory_order_relaxed);
        });
      }
    });
  });
  w.result = yields.load();
}

}  // namespace perf
