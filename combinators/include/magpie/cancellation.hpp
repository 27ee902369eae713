#pragma once

#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/stop_token.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/errors.hpp>
#include <magpie/shield.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include <coroutine>
#include <optional>
#include <stop_token>
#include <utility>

namespace magpie {
namespace detail {

class stop_token_awaiter : public native_awaiter {
 public:
  stop_token_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    token_ = stop_token(stop_reference(stop_state::of(*h.promise().join->inside)));
    return transfer(*current_worker, h);
  }
  stop_token await_resume() noexcept { return std::move(token_); }

 private:
  stop_token token_;
};

/// Passes a token's stop on to a scope.
struct stop_scope {
  void operator()() const noexcept { inner->request_stop(); }
  scope* inner;
};

/// co_await of a task that a token stops too. Token: ours or std's; Callback: what registers with it.
template <class T, class Token, class Callback>
class [[nodiscard]] stoppable_awaiter final : public boundary_awaiter<T> {
 public:
  stoppable_awaiter(task_coroutine task, Token token) noexcept
      : boundary_awaiter<T>(task, child_ended), token_(std::move(token)) {}
  /// Before it is awaited.
  stoppable_awaiter(stoppable_awaiter&& other) noexcept
      : boundary_awaiter<T>(static_cast<boundary_awaiter<T>&&>(other)), token_(std::move(other.token_)) {}

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_unused();
    worker_context& w = *current_worker;
    scope* const outer = h.promise().join->inside;
    if (stop_requested(w, outer) && !this->starts_anyway()) [[unlikely]]
      return transfer(w, end_cancelled(h.promise()));
    if (token_.stop_requested() && !this->starts_anyway()) {  // it is not started
      this->end = ending::cancelled;
      return transfer(w, h);
    }
    inner_.place(outer, w.quiet_epoch);
    callback_.emplace(token_, stop_scope{&inner_});
    return transfer(w, this->begin(h, &inner_));
  }
  T await_resume() { return this->take(); }

 private:
  static verdict child_ended(boundary_join* join) noexcept {
    auto* self = static_cast<stoppable_awaiter*>(join);
    self->callback_.reset();  // waits for one that is just being called: it only marks and enqueues
    if ((self->inner_.marks() & scope::linked) != 0) self->inner_.leave();
    return boundary_end(self);
  }

  Token token_;
  scope inner_;
  std::optional<Callback> callback_;
};

}  // namespace detail

/// co_await get_stop_token() -> stop_token of the running task's scope: for loops that compute, and for other
/// libraries. Stops: not here. Errors: std::bad_alloc. Cost: one small allocation, recycled, on first use in a scope.
[[nodiscard]] inline detail::stop_token_awaiter get_stop_token() noexcept { return {}; }

/// co_await with_stop_token(token, awaitable) -> T: a stop requested from `token`, a magpie::stop_token or a
/// std::stop_token, stops it too; then, when it has ended cancelled, throws task_cancelled. Unregistered when it ends.
/// Stops: here. Cost: no allocation beside the awaitable's frame.
template <awaitable A>
detail::stoppable_awaiter<await_result_t<A>, stop_token, stop_callback<detail::stop_scope>> with_stop_token(
    stop_token token, A&& awaited) {
  return {detail::to_task(static_cast<A&&>(awaited)).take(), std::move(token)};
}
template <awaitable A>
detail::stoppable_awaiter<await_result_t<A>, std::stop_token, std::stop_callback<detail::stop_scope>> with_stop_token(
    std::stop_token token, A&& awaited) {
  return {detail::to_task(static_cast<A&&>(awaited)).take(), std::move(token)};
}

}  // namespace magpie
