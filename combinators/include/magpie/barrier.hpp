#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/latch.hpp>
#include <magpie/semaphore.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace magpie {

namespace detail {
class barrier_wait;
[[noreturn]] MAGPIE_EXPORT void throw_empty_barrier();
}  // namespace detail

/// Where a number of tasks wait for each other, again and again: the last to arrive lets all go on, into the next
/// phase. Threads: any. Cost: no allocation; constant for each who waits.
class barrier {
 public:
  /// `on_completion` runs at the end of each phase, by the last to arrive, before anybody goes on; it must not throw.
  /// Errors: std::invalid_argument for nobody.
  explicit barrier(std::size_t count, std::function<void()> on_completion = {})
      : on_completion_(std::move(on_completion)), expected_(count), missing_(count) {
    if (count == 0) detail::throw_empty_barrier();
  }
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;
  ~barrier() {
    if (!line_.empty()) [[unlikely]]
      detail::die_waited_on("barrier");
  }

  /// co_await b.arrive_and_wait(): until all have arrived. Stops: while it waits; then it has not arrived.
  detail::barrier_wait arrive_and_wait() noexcept;

  /// Arrives, and takes part in no later phase. Threads: plain ones too. Errors: usage_error if nobody is expected.
  void arrive_and_drop();

 private:
  friend class detail::barrier_wait;

  // With the lock. True: it was the last; complete() must follow.
  bool arrive() noexcept {
    if (--missing_ != 0) return false;
    ++phase_;
    missing_ = expected_;
    return true;
  }
  void complete() noexcept;

  const std::function<void()> on_completion_;
  detail::spin_lock<> lock_;  // guards what follows
  detail::atomics::plain<std::size_t> expected_;
  detail::atomics::plain<std::size_t> missing_;
  detail::atomics::plain<std::uint64_t> phase_{0};
  detail::waiting_line line_;
};

namespace detail {

class [[nodiscard]] barrier_wait final : public turn_wait {
 public:
  explicit barrier_wait(barrier& b) noexcept : turn_wait(b.lock_, b.line_, "a barrier"), barrier_(b) {}
  /// Before it is awaited.
  barrier_wait(barrier_wait&& other) noexcept : barrier_wait(other.barrier_) {}
  bool await_ready() {
    begin();
    {
      const locked hold(barrier_.lock_);
      if (barrier_.missing_ != 1) return false;
      static_cast<void>(barrier_.arrive());
    }
    barrier_.complete();
    return true;
  }
  void await_resume() noexcept {
    if (last_) barrier_.complete();
  }

  std::uint64_t phase() const noexcept { return phase_; }

 private:
  bool take() noexcept override {
    phase_ = barrier_.phase_;
    last_ = barrier_.arrive();
    return last_;
  }
  bool may_leave() const noexcept override { return phase_ == barrier_.phase_; }  // else our arrival has counted
  void left(waiting_line&) noexcept override { ++barrier_.missing_; }

  barrier& barrier_;
  std::uint64_t phase_ = 0;
  bool last_ = false;
};

}  // namespace detail

inline detail::barrier_wait barrier::arrive_and_wait() noexcept { return detail::barrier_wait(*this); }

inline void barrier::complete() noexcept {
  if (on_completion_) on_completion_();
  detail::waiting_line woken;
  {
    const detail::locked hold(lock_);
    while (!line_.empty() && static_cast<detail::barrier_wait&>(*line_.front()).phase() < phase_)
      detail::turn_wait::give_turn(line_, *line_.front(), woken);
  }
  detail::turn_wait::wake(woken);
}

inline void barrier::arrive_and_drop() {
  bool last = false;
  {
    const detail::locked hold(lock_);
    if (expected_ == 0) detail::throw_counted_below_zero("barrier");
    --expected_;
    last = arrive();
  }
  if (last) complete();
}

}  // namespace magpie
