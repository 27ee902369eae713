#pragma once

#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/deadline_frame.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/timeout.hpp>

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <functional>
#include <type_traits>
#include <utility>

namespace magpie {

/// The deadline of with_deadline_scope(), for its body. Threads: the body's, or one child at a time.
class deadline_scope {
 public:
  explicit deadline_scope(detail::deadline_frame& f) noexcept : frame_(f) {}
  deadline_scope(const deadline_scope&) = delete;
  deadline_scope& operator=(const deadline_scope&) = delete;

  /// Moves the deadline; `never` removes it. One that has passed already stops the scope at once. Errors: usage_error
  /// after the former one has passed.
  void reschedule(clock::time_point deadline) { frame_.reschedule(deadline); }
  clock::time_point deadline() const noexcept { return frame_.timed.deadline(); }
  /// The deadline has passed, and what is in the scope is being stopped.
  bool expired() const noexcept { return frame_.expired(); }

 private:
  detail::deadline_frame& frame_;
};

namespace detail {

template <class R, class Body>
class [[nodiscard]] deadline_scope_awaiter final : public deadline_awaiter<R> {
 public:
  template <class B>
  deadline_scope_awaiter(clock::time_point deadline, B&& body)
      : deadline_awaiter<R>({}, deadline), body_(std::forward<B>(body)) {}
  /// Before it is awaited.
  deadline_scope_awaiter(deadline_scope_awaiter&& other) noexcept(std::is_nothrow_move_constructible_v<Body>)
      : deadline_awaiter<R>(static_cast<deadline_awaiter<R>&&>(other)), body_(std::move(other.body_)) {}

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_empty();
    worker_context& w = *current_worker;
    if (detail::stop_requested(w, h.promise().join->inside)) [[unlikely]]
      return transfer(w, end_cancelled(h.promise()));
    this->own(to_task(std::invoke(body_, scope_)).take());
    return deadline_awaiter<R>::await_suspend(h);
  }

 private:
  Body body_;
  deadline_scope scope_{*this};
};

class current_deadline_awaiter : public native_awaiter {
 public:
  current_deadline_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    for (const scope* s = h.promise().join->inside; s != nullptr; s = s->parent()) {
      if (s->kind() != scope_kind::deadline) continue;
      nearest_ = std::min(nearest_, static_cast<const timed_scope*>(s)->deadline());
    }
    return transfer(*current_worker, h);
  }
  clock::time_point await_resume() const noexcept { return nearest_; }

 private:
  clock::time_point nearest_ = never;
};

template <class Body>
using deadline_body_result_t = await_result_t<std::invoke_result_t<std::decay_t<Body>&, deadline_scope&>>;

}  // namespace detail

/// co_await with_deadline_scope(time, [&](deadline_scope& s) -> task<R> { ... }) -> R: as with_deadline(), for a body
/// that may move its deadline. The body is stored.
template <class Body>
  requires std::invocable<std::decay_t<Body>&, deadline_scope&>
detail::deadline_scope_awaiter<detail::deadline_body_result_t<Body>, std::decay_t<Body>> with_deadline_scope(
    clock::time_point deadline, Body&& body) {
  detail::reject_unsafe_callable<Body>();
  return {deadline, static_cast<Body&&>(body)};
}

/// co_await current_deadline() -> clock::time_point: the nearest of the deadlines around the running task, inside the
/// same shield; or `never`. Stops: not here. Cost: a walk up the scopes.
[[nodiscard]] inline detail::current_deadline_awaiter current_deadline() noexcept { return {}; }

}  // namespace magpie
