#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/stop_token.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/coroutine/transfer.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace magpie {
namespace detail {

template <class F>
inline constexpr bool takes_token = std::invocable<F, stop_token>;
template <class F>
concept blocking_function = takes_token<F> || std::invocable<F>;

template <class F>
struct blocking_result : std::invoke_result<F> {};
template <class F>
  requires takes_token<F>
struct blocking_result<F> : std::invoke_result<F, stop_token> {};

/// co_await of a call on a thread outside the pool. The call's captures live here, in the waiting frame; so the wait
/// lasts as long as the call, stop or not.
template <class F>
class [[nodiscard]] blocking_awaiter final : public native_awaiter, private suspended_task, private blocking_call {
  using result_type = typename blocking_result<F>::type;
  static_assert(!awaitable_callable<F> && !has_awaiter<result_type>,
                "magpie: blocking(fn) takes a plain function: a coroutine runs on the pool. co_await it, or spawn it");

 public:
  template <class G>
  explicit blocking_awaiter(std::in_place_t, G&& fn) : blocking_call(on_thread), fn_(static_cast<G&&>(fn)) {}
  /// Before it is awaited.
  blocking_awaiter(blocking_awaiter&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : native_awaiter(), suspended_task(), blocking_call(on_thread), fn_(std::move(other.fn_)) {}
  blocking_awaiter& operator=(blocking_awaiter&&) = delete;

  bool await_ready() {
    once_.begin();
    return false;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    scope* const inside = me.join->inside;
    if (stop_requested(w, inside)) [[unlikely]]
      return transfer(w, end_cancelled(me));
    if constexpr (takes_token<F>) token_ = stop_token(stop_reference(stop_state::of(*inside)));
    hold(h);
    home_ = &w.home;
    return transfer(w, publish());
  }
  result_type await_resume() {
    if (error_) std::rethrow_exception(std::move(error_));
    if constexpr (!std::is_void_v<result_type>) return result_.take();
  }

 private:
  struct no_token {};

  // noinline: once the call is handed over, the task may run elsewhere, and free its frame.
  MAGPIE_NOINLINE std::coroutine_handle<> publish() noexcept {
    const std::coroutine_handle<> me = task();
    try {
      home_->call(*this);  // *this may be gone
      return std::noop_coroutine();
    } catch (...) {
      error_ = std::current_exception();  // nothing was handed over
      return me;
    }
  }

  static void on_thread(blocking_call* c) noexcept {
    auto* const self = static_cast<blocking_awaiter*>(c);
    try {
      if constexpr (std::is_void_v<result_type>) {
        self->invoke();
      } else {
        self->result_.fill(self->invoke());
      }
    } catch (...) {
      self->error_ = std::current_exception();
    }
    self->home_->enqueue(*self, placement::back);  // *self may be gone
  }
  result_type invoke() {
    if constexpr (takes_token<F>) {
      return std::invoke(std::move(fn_), token_);
    } else {
      return std::invoke(std::move(fn_));
    }
  }

  F fn_;
  awaited_once once_;
  [[no_unique_address]] std::conditional_t<takes_token<F>, stop_token, no_token> token_;
  executor* home_ = nullptr;
  std::exception_ptr error_;
  [[no_unique_address]] result_slot<result_type> result_;
};

}  // namespace detail

/// co_await blocking(fn) -> R: runs fn, or fn(stop_token), on a thread outside the pool, for calls that block: files,
/// locks of others, libraries that know nothing of coroutines. The worker runs other tasks meanwhile.
///
/// Stops: here, before fn is called; then never: fn's captures live in the waiting task, so a stop waits until fn
/// returns, and the result is delivered. A call that can end early takes the token and looks at it. Errors: what fn
/// throws; std::system_error if there is no such thread and none can be started. Cost: two context switches; a thread
/// is made if all others are busy, up to runtime_options::blocking_threads, and ends after 10 s without work. On a
/// virtual runtime fn runs at once and takes no time.
template <class F>
  requires detail::blocking_function<std::decay_t<F>>
detail::blocking_awaiter<std::decay_t<F>> blocking(F&& fn) {
#if MAGPIE_GCC_DESTROYS_TWICE
  static_assert(std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<std::remove_cvref_t<F>>,
                "magpie: GCC 12 destroys a temporary callable that owns something twice: name it `f`, then pass `f` "
                "(which copies it), or std::ref(f)");
#endif
  return detail::blocking_awaiter<std::decay_t<F>>(std::in_place, static_cast<F&&>(fn));
}

}  // namespace magpie
