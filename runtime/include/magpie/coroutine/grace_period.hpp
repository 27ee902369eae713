#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/shielded_scope.hpp>
#include <magpie/lockfree/spin_lock.hpp>

#include <cstdint>

namespace magpie::detail {

/// A scope without parent that a stop from outside reaches after all, some time later: what shield(..., grace) holds
/// (docs/protocols/timers.md).
///
/// Up to three sides are at work on it: the end of what runs inside, the stop, and the timer that it arms. The last one
/// to leave lets the waiter go on.
class MAGPIE_EXPORT grace_period : private stop_node, private timer_node {
 public:
  grace_period() noexcept = default;

  /// Before the task starts; `inner` has its place. Errors: std::system_error if no timer thread can be started.
  void open(executor& where, clock::duration length);
  /// The task has ended. True: nothing is at work here any more. False: *this may be gone, and resume_waiter() is
  /// called once by another side.
  [[nodiscard]] bool close() noexcept;

  shielded_scope inner;

 protected:
  ~grace_period() = default;
  virtual void resume_waiter(executor& where) noexcept = 0;

 private:
  void stop_fired() noexcept final;
  void timer_fired() noexcept final;
  /// True: so many were the last.
  [[nodiscard]] bool leave(std::uint32_t sides) noexcept {
    return sides_.fetch_sub(sides, acq_rel) == sides;  // T4: acquire: what the others did; release: what we did
  }
  std::int64_t end_of_grace() const noexcept;

  executor* home_ = nullptr;
  clock::duration length_{};
  spin_lock<> lock_;     // T4: the timer is moved by the stop, unless the end was faster
  bool closed_ = false;  // guarded by lock_
  atomics::atomic<std::uint32_t> sides_{0};
};

}  // namespace magpie::detail
