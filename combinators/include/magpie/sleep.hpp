#pragma once

#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/blocked_task.hpp>
#include <magpie/timeout.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <optional>

namespace magpie {
namespace detail {

/// co_await of a time.
class [[nodiscard]] sleep_awaiter final : public native_awaiter, private blocked_task, private timer_node {
 public:
  explicit sleep_awaiter(clock::time_point until) noexcept : until_(until) {}
  explicit sleep_awaiter(clock::duration length) noexcept : length_(length) {}
  /// Before it is awaited.
  sleep_awaiter(sleep_awaiter&& other) noexcept : native_awaiter(), until_(other.until_), length_(other.length_) {}
  sleep_awaiter& operator=(sleep_awaiter&&) = delete;

  bool await_ready() {
    once_.begin();
    const clock::time_point now = read_clock();
    if (length_) until_ = *length_ >= never - now ? never : now + *length_;
    return until_ <= now;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend(h, 1);
  }
  void await_resume() { rethrow_refusal(); }

 private:
  void attach() noexcept override {
    if (until_ == never) return;
    due = until_.time_since_epoch().count();
    try {
      home_of_task().arm(*this);
      armed_ = true;
    } catch (...) {
      refuse(std::current_exception());
    }
  }
  std::uint32_t detach() noexcept override { return !armed_ || home_of_task().disarm(*this) ? 1 : 0; }
  bool obtained() noexcept override { return false; }
  const char* waits_for() const noexcept override { return "a time"; }
  std::int64_t waits_until() const noexcept override { return until_.time_since_epoch().count(); }
  void timer_fired() noexcept override { arrived(0); }

  clock::time_point until_ = never;
  std::optional<clock::duration> length_;
  awaited_once once_;
  bool armed_ = false;
};

}  // namespace detail

/// co_await sleep_until(time): suspends until then. A time that has passed is no wait; `never` waits for a stop.
/// Stops: while it sleeps. Errors: std::system_error if the runtime's timer thread cannot be started. Cost: no
/// allocation; arming a timer. It wakes up some 10 microseconds late if a worker is idle, at most about 1 ms late if
/// none is.
inline detail::sleep_awaiter sleep_until(clock::time_point time) noexcept { return detail::sleep_awaiter(time); }

/// co_await sleep_for(duration): the same, counted from the await on. Durations saturate.
template <class Rep, class Period>
detail::sleep_awaiter sleep_for(std::chrono::duration<Rep, Period> length) noexcept {
  return detail::sleep_awaiter(detail::saturated(length));
}

}  // namespace magpie
