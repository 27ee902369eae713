#pragma once

#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/deadline_frame.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/errors.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/task.hpp>

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace magpie {
namespace detail {

/// What becomes of a task whose deadline has passed before it starts. A handle is looked at: what it waits for was
/// started long ago, and may be there.
enum class when_late : bool { skip, look };

template <class A>
inline constexpr when_late late_choice = when_late::skip;
template <class T>
inline constexpr when_late late_choice<join_handle<T>> = when_late::look;

/// co_await of one task under a deadline of its own.
template <class T>
class deadline_awaiter : public boundary_awaiter<T>, protected deadline_frame {
 public:
  /// A time, or a length of time from the await on.
  deadline_awaiter(task_coroutine child, clock::time_point deadline, when_late late = when_late::skip) noexcept
      : boundary_awaiter<T>(child, child_ended), deadline_(deadline), late_(late) {}
  deadline_awaiter(task_coroutine child, clock::duration length, when_late late) noexcept
      : boundary_awaiter<T>(child, child_ended), length_(length), late_(late) {}
  /// Before it is awaited.
  deadline_awaiter(deadline_awaiter&& other) noexcept
      : boundary_awaiter<T>(static_cast<boundary_awaiter<T>&&>(other)),
        deadline_(other.deadline_),
        length_(other.length_),
        late_(other.late_) {}

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_unused();
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    scope* const outer = me.join->inside;
    if (detail::stop_requested(w, outer) && !this->starts_anyway()) [[unlikely]]
      return transfer(w, end_cancelled(me));
    const clock::time_point now = read_clock();
    if (length_) deadline_ = *length_ >= never - now ? never : now + *length_;
    if (deadline_ <= now && late_ == when_late::skip && !this->starts_anyway()) {
      too_late_ = true;  // the task is not started
      return transfer(w, h);
    }
    deadline_frame::open(outer, w.quiet_epoch, w.home, deadline_, now);
    return transfer(w, this->begin(h, &timed));
  }

  T await_resume() {
    if (too_late_ || (this->end == ending::cancelled && this->expired())) throw timed_out();
    return this->take();
  }

  /// The task has ended, and nobody is at work here: what the one who waits does next.
  verdict finish() noexcept { return boundary_end(this); }

 protected:
  ~deadline_awaiter() = default;

 private:
  static verdict child_ended(boundary_join* join) noexcept {
    auto* self = static_cast<deadline_awaiter*>(join);
    self->later_.hold(self->parent);
    if (!self->close()) return {std::noop_coroutine()};  // *self may be gone
    return self->finish();
  }
  void resume_waiter(executor& where) noexcept final {
    if ((timed.marks() & scope::linked) != 0) timed.leave();
    where.enqueue(later_, placement::next);
  }

  clock::time_point deadline_ = never;
  std::optional<clock::duration> length_;
  when_late late_;
  bool too_late_ = false;
  finish_later<deadline_awaiter> later_{this};
};

template <class T>
class [[nodiscard]] timeout_awaiter final : public deadline_awaiter<T> {
 public:
  using deadline_awaiter<T>::deadline_awaiter;
};

}  // namespace detail

/// co_await with_deadline(time, awaitable) -> T: stops it when the time has come, waits until it has really ended, and
/// throws timed_out; a value that it produced nevertheless is delivered. `never` sets no limit; a time that has passed
/// starts nothing, but the result of a handle that is ready is delivered.
///
/// Stops: here; a stop from outside is none of the deadline's. Errors: timed_out; what the awaitable throws;
/// std::system_error if the runtime's timer thread cannot be started. Cost: no allocation beside the awaitable's frame,
/// arming and disarming a timer. A deadline is kept within 2 ms on an unloaded machine, even if no worker is free.
template <awaitable A>
detail::timeout_awaiter<await_result_t<A>> with_deadline(clock::time_point deadline, A&& awaited) {
  return detail::timeout_awaiter<await_result_t<A>>(detail::to_task(static_cast<A&&>(awaited)).take(), deadline,
                                                    detail::late_choice<std::remove_cvref_t<A>>);
}

/// co_await with_timeout(duration, awaitable) -> T: the same, counted from the await on. Durations saturate.
template <class Rep, class Period, awaitable A>
detail::timeout_awaiter<await_result_t<A>> with_timeout(std::chrono::duration<Rep, Period> length, A&& awaited) {
  return detail::timeout_awaiter<await_result_t<A>>(detail::to_task(static_cast<A&&>(awaited)).take(),
                                                    detail::saturated(length),
                                                    detail::late_choice<std::remove_cvref_t<A>>);
}

}  // namespace magpie

// A scope whose deadline moves.
#include <magpie/deadline_scope.hpp>
