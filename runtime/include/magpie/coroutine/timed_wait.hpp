#pragma once

#include <magpie/base/config.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/blocked_task.hpp>
#include <magpie/lockfree/timer_heap.hpp>

#include <cstdint>

namespace magpie::detail {

/// Until when to wait: a time, or a length of time from the await on.
class time_limit {
 public:
  time_limit() noexcept = default;
  explicit time_limit(clock::time_point until) noexcept : until_(until) {}
  explicit time_limit(clock::duration length) noexcept : length_(length) {}

  /// Counted from now.
  clock::time_point deadline() const noexcept {
    return length_ == clock::duration::max() ? until_ : time_after(length_);
  }

 private:
  clock::time_point until_ = never;
  clock::duration length_ = clock::duration::max();
};

/// A task that is blocked until a deadline at most: that is one more source, the last.
class MAGPIE_EXPORT timed_wait : public blocked_task, private timer_node {
 protected:
  explicit timed_wait(time_limit limit) noexcept : limit_(limit) {}
  ~timed_wait() = default;

  time_limit limit() const noexcept { return limit_; }

  /// Before it suspends: from now on the time counts. True: it is over already.
  bool too_late() noexcept;

  /// As blocked_task::suspend, for up to `sources` beside the deadline.
  template <class Promise>
  std::coroutine_handle<> suspend_timed(std::coroutine_handle<Promise> h, std::uint32_t sources) noexcept {
    number_ = sources;
    return suspend(h, sources + (is_limited() ? 1 : 0));
  }

  // For attach() and detach(): they end with these.
  void attach_deadline() noexcept;
  std::uint32_t detach_deadline() noexcept;

 private:
  bool is_limited() const noexcept { return deadline_ != never; }
  std::int64_t waits_until() const noexcept final { return deadline_.time_since_epoch().count(); }
  void timer_fired() noexcept final { arrived(number_); }

  const time_limit limit_;
  clock::time_point deadline_ = never;
  std::uint32_t number_ = 0;
  bool armed_ = false;
};

}  // namespace magpie::detail
