#pragma once

#include <magpie/clock.hpp>
#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/deadline_frame.hpp>
#include <magpie/coroutine/grace_period.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/errors.hpp>
#include <magpie/outcome.hpp>
#include <magpie/task.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace magpie {
namespace detail {

/// co_await of a task in a scope that has no parent.
template <class T>
class [[nodiscard]] shield_awaiter final : public boundary_awaiter<T>, private grace_period {
 public:
  shield_awaiter(task_coroutine task, std::optional<clock::duration> grace) noexcept
      : boundary_awaiter<T>(task, child_ended), grace_(grace != clock::duration::max() ? grace : std::nullopt) {}
  /// Before it is awaited.
  shield_awaiter(shield_awaiter&& other) noexcept
      : boundary_awaiter<T>(static_cast<boundary_awaiter<T>&&>(other)), grace_(other.grace_) {}

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_unused();
    worker_context& w = *current_worker;
    inner.place_within(*h.promise().join->inside);
    if (grace_) grace_period::open(w.home, *grace_);
    w.quiet_epoch = scope::never_looked;  // X2: what is known of the outer scopes says nothing of this one
    return transfer(w, this->begin(h, &inner));
  }
  T await_resume() { return this->take(); }

  /// The task has ended, and nobody is at work here.
  verdict finish() noexcept {
    if ((inner.marks() & scope::linked) != 0) inner.leave();
    current_worker->quiet_epoch = scope::never_looked;  // X2: and the other way round
    return boundary_end(this);
  }

 private:
  static verdict child_ended(boundary_join* join) noexcept {
    auto* self = static_cast<shield_awaiter*>(join);
    self->later_.hold(self->parent);
    if (self->grace_ && !self->close()) return {std::noop_coroutine()};  // *self may be gone
    return self->finish();
  }
  void resume_waiter(executor& where) noexcept override { where.enqueue(later_, placement::next); }

  std::optional<clock::duration> grace_;
  finish_later<shield_awaiter> later_{this};
};

/// How a task ended, for one who goes on in any case. Under a stop it is not even started.
template <class T>
class guarded_awaiter final : public boundary_awaiter<T> {
 public:
  explicit guarded_awaiter(task_coroutine task) noexcept : boundary_awaiter<T>(task, child_ended) {}

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    worker_context& w = *current_worker;
    scope* const s = h.promise().join->inside;
    if (stop_requested(w, s) && !this->starts_anyway()) {
      this->end = ending::cancelled;
      return transfer(w, h);
    }
    return transfer(w, this->begin(h, s));
  }
  outcome<T> await_resume() { return this->take_outcome(); }

 private:
  static verdict child_ended(boundary_join* join) noexcept { return {join->parent}; }
};

/// Ends this task as cancelled if it was asked to stop; else goes on, to throw task_cancelled.
class cancelled_awaiter : public native_awaiter {
 public:
  cancelled_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    worker_context& w = *current_worker;
    if (stop_requested(w, h.promise().join->inside)) return transfer(w, end_cancelled(h.promise()));
    return transfer(w, h);
  }
  void await_resume() const noexcept {}
};

template <class F>
task<outcome<void>> clean_up(F& cleanup) {
  co_return co_await as_outcome(std::invoke(cleanup));
}

template <class T, class F>
task<T> run_finally(task<T> t, F cleanup) {
  outcome<T> result = co_await guarded_awaiter<T>(t.take());
  std::exception_ptr failed;
  bool cancelled = false;
  try {
    outcome<void> cleaned = co_await shield_awaiter<outcome<void>>(clean_up(cleanup).take(), std::nullopt);
    failed = cleaned.error();
    cancelled = cleaned.is_cancelled();
  } catch (...) {
    failed = std::current_exception();  // the call itself has thrown
  }
  if (failed && result.has_error()) throw exception_group({result.error(), failed});
  if (failed) std::rethrow_exception(failed);
  if (cancelled && result.has_value()) throw task_cancelled();
  if (result.is_cancelled()) co_await cancelled_awaiter();
  co_return result.value();
}

/// co_await finally(...): begins under a stop too.
template <class T>
class [[nodiscard]] finally_awaiter final : public boundary_awaiter<T> {
 public:
  explicit finally_awaiter(task_coroutine task) noexcept : boundary_awaiter<T>(task, boundary_end) {}
  finally_awaiter(finally_awaiter&&) noexcept = default;
  bool starts_anyway() const noexcept { return true; }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_unused();
    return transfer(*current_worker, this->begin(h, h.promise().join->inside));
  }
  T await_resume() { return this->take(); }
};

}  // namespace detail

/// co_await shield(awaitable) -> T: runs it where neither a stop nor a deadline from outside reaches it. Such a stop is
/// seen at the first stop point after it.
///
/// Stops: not here. Errors: what the awaitable throws; task_cancelled if it ends itself so. Cost: no allocation beside
/// the awaitable's frame.
template <awaitable A>
detail::shield_awaiter<await_result_t<A>> shield(A&& awaited) {
  return {detail::to_task(static_cast<A&&>(awaited)).take(), std::nullopt};
}

/// The same, but a stop from outside reaches it when it has lasted for `grace`. Then it ends as cancelled, and so does
/// the one who waits. Errors: also std::system_error if the runtime's timer thread cannot be started.
template <awaitable A, class Rep, class Period>
detail::shield_awaiter<await_result_t<A>> shield(A&& awaited, std::chrono::duration<Rep, Period> grace) {
  return {detail::to_task(static_cast<A&&>(awaited)).take(), detail::saturated(grace)};
}

/// co_await finally(awaitable, cleanup) -> T: runs cleanup(), which returns a task<void>, shielded, when the awaitable
/// has ended in whichever way; also if a stop kept it from being started, or, where all of this was spawned or given to
/// a combinator, came before its turn. `cleanup` is stored.
///
/// Stops: not here; what the awaitable ended with is passed on after the clean-up. Errors: those of the awaitable, of
/// the clean-up, or an exception_group of both in this order. Cost: three frames.
template <awaitable A, class F>
  requires std::invocable<std::decay_t<F>&> && awaitable<std::invoke_result_t<std::decay_t<F>&>>
detail::finally_awaiter<await_result_t<A>> finally(A&& awaited, F&& cleanup) {
  detail::reject_unsafe_callable<F>();
  using T = await_result_t<A>;
  return detail::finally_awaiter<T>(
      detail::run_finally<T, std::decay_t<F>>(detail::to_task(static_cast<A&&>(awaited)), std::forward<F>(cleanup))
          .take());
}

}  // namespace magpie
