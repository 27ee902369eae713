#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/event.hpp>

#include <cstddef>

namespace magpie {

namespace detail {
[[noreturn]] MAGPIE_EXPORT void throw_counted_below_zero(const char* what);
}

/// Counts down to zero, once; tasks wait for that. Threads: any; count_down(), plain threads too. Cost: as event.
class latch {
 public:
  explicit latch(std::size_t count) noexcept : count_(count), zero_(event_reset::manual, count == 0) {}
  latch(const latch&) = delete;
  latch& operator=(const latch&) = delete;

  /// Errors: usage_error below zero; then nothing was counted.
  void count_down(std::size_t n = 1) {
    {
      const detail::locked hold(lock_);
      if (n > count_) detail::throw_counted_below_zero("latch");
      count_ -= n;
      if (count_ != 0 || n == 0) return;
    }
    zero_.set();  // *this may be gone when it returns
  }
  /// Whether it has reached zero.
  bool try_wait() const noexcept { return zero_.is_set(); }

  /// co_await l.wait(). Stops: while it waits.
  detail::event_wait wait() noexcept { return zero_.wait(); }

  /// co_await l.arrive_and_wait(): counts down now, and waits. A stop does not take back what was counted.
  detail::event_wait arrive_and_wait(std::size_t n = 1) {
    count_down(n);
    return zero_.wait();
  }

 private:
  detail::spin_lock<> lock_;  // guards the count
  detail::atomics::plain<std::size_t> count_;
  event zero_;
};

}  // namespace magpie
