#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/priority.hpp>
#include <magpie/base/tally.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/gather_block.hpp>
#include <magpie/coroutine/held_places.hpp>
#include <magpie/coroutine/scope.hpp>
#include <magpie/lockfree/fork_deque.hpp>
#include <magpie/lockfree/parking_word.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace magpie::detail {

/// Where the end of a task leaves the one whom it made go on, to run next without passing a queue. Its owner's.
class successor_slot {
 public:
  /// So many may follow each other from now on; then others have their turn.
  void allow(unsigned in_a_row) noexcept { left_ = in_a_row; }

  void open() noexcept { open_ = left_ != 0; }
  /// True: it will run next.
  [[nodiscard]] bool offer(runnable& r) noexcept {
    if (!open_) return false;
    open_ = false;
    --left_;
    runnable_ = &r;
    return true;
  }
  [[nodiscard]] runnable* close() noexcept {
    open_ = false;
    return std::exchange(runnable_, nullptr);
  }

 private:
  runnable* runnable_ = nullptr;
  unsigned left_ = 0;
  bool open_ = false;
};

/// The part of a worker that running tasks touch.
struct worker_context {
  worker_context(executor& e, parking_word<>& s, std::size_t room = 1024) : forks(room), sleepers(s), home(e) {}

  fork_deque<gather_block> forks;
  /// At this stop epoch nothing from the running task's scope up was stopped (X2). Every step from task to task keeps
  /// that true, because it leads to a parent, a new child or a sibling; whoever jumps elsewhere sets it anew.
  std::uint64_t quiet_epoch = scope::never_looked;
  /// Transfers that would nest below this address go through `next` instead; see transfer.hpp.
  std::uintptr_t stack_floor = 0;
  std::coroutine_handle<> next;
  successor_slot successor;
  held_places places;
  /// How many more checkpoints the running task may pass before it lets others run.
  unsigned checkpoints_left = checkpoints_in_a_row;
  /// Of the task that runs. As with the epoch: whoever jumps elsewhere sets it anew.
  priority level = priority::normal;
  /// Which one this is among the workers of its runtime; set once, by the engine.
  unsigned number = 0;
  static constexpr unsigned checkpoints_in_a_row = 128;
  parking_word<>& sleepers;
  executor& home;
  tally<> errors_dropped;
};

/// The worker that this thread is; nullptr elsewhere. A coroutine may wake up on another thread: read it inside
/// await_suspend and the like, and never keep it over a co_await.
extern constinit thread_local MAGPIE_EXPORT worker_context* current_worker __attribute__((tls_model("initial-exec")));

/// Wakes a worker for what was just pushed; at most one at a time.
MAGPIE_EXPORT void wake_sleeper(worker_context& w) noexcept;

/// Makes the rest of `b` available to thieves. False for want of memory.
[[nodiscard]] MAGPIE_INLINE bool fork(worker_context& w, gather_block* b) noexcept {
  if (!w.forks.push(b)) [[unlikely]]
    return false;
  if (w.sleepers.hungry()) [[unlikely]]
    wake_sleeper(w);
  return true;
}

[[nodiscard]] MAGPIE_COLD inline bool look_up(worker_context& w, scope* s, std::uint64_t now) noexcept {
  if (s->look_up(now)) return true;
  w.quiet_epoch = now;
  return false;
}

/// Must the running task, whose scope is `s`, stop? Two loads in all good cases.
[[nodiscard]] MAGPIE_INLINE bool stop_requested(worker_context& w, scope* s) noexcept {
  const std::uint64_t now = stop_epoch.load(acquire);  // X1: pairs with request_stop(): the mark that moved it
  if (now == w.quiet_epoch) [[likely]]
    return false;
  return look_up(w, s, now);
}

}  // namespace magpie::detail
