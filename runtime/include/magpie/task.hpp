#pragma once

#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/promise.hpp>
#include <magpie/errors.hpp>

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace magpie {

namespace detail {

/// co_await of a task: the join point, and the place of the result.
template <class T>
class task_awaiter : public native_awaiter, private plain_join {
 public:
  explicit task_awaiter(task_coroutine child) noexcept : child_(child) {}
  task_awaiter(const task_awaiter&) = delete;
  task_awaiter& operator=(const task_awaiter&) = delete;
  ~task_awaiter() {
    if (child_) [[unlikely]]
      child_.destroy();
  }

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  MAGPIE_INLINE std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    promise_base& me = h.promise();
    worker_context& w = *current_worker;
    scope* s = me.join->inside;
    if (stop_requested(w, s) && !child_.promise().starts_anyway()) [[unlikely]]
      return transfer(w, end_cancelled(me));  // *this is gone, and the child with it
    this->parent = as_task_coroutine(h);
    this->inside = s;
    const task_coroutine child = std::exchange(child_, {});  // from its start on, a task owns its frame
    promise_base& p = child.promise();
    p.join = this;
    p.result = &result_;
    p.kind = role::plain;
    return transfer(w, child);
  }

  T await_resume() {
    if (this->error) [[unlikely]]
      std::rethrow_exception(std::move(this->error));
    if constexpr (!std::is_void_v<T>) return result_.take();
  }

 private:
  task_coroutine child_;
  [[no_unique_address]] result_slot<T> result_;
};

}  // namespace detail

/// A lazy coroutine: a function that returns task<T> runs when it is awaited, spawned or handed to a combinator, and
/// may itself co_await. Move-only; awaited once, as an rvalue: `T v = co_await f();`. It may be made, run and freed on
/// different threads, and always resumes on the runtime that it was started on.
///
/// Stops: where it awaits. Errors: std::bad_alloc at the call if there is no memory for the frame; usage_error when an
/// empty or used one is awaited; what its body throws, at the await. Cost: one frame, recycled without the system.
/// Threads: any, one at a time.
template <class T = void>
class [[nodiscard]] task {
 public:
  using promise_type = detail::promise<T>;  // coroutine_traits below may choose its sibling

  task() noexcept = default;
  task(task&& other) noexcept : coroutine_(other.release()) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (coroutine_) coroutine_.destroy();
      coroutine_ = other.release();
    }
    return *this;
  }
  ~task() {
    if (coroutine_) {
      check_address();
      coroutine_.destroy();
    }
  }

  /// Holds a coroutine that was not awaited yet.
  bool valid() const noexcept { return static_cast<bool>(coroutine_); }

  detail::task_awaiter<T> operator co_await() && { return detail::task_awaiter<T>(take()); }

  /// For combinators: whether it is started under a stop too, for it has something to clean up; and to have it so.
  bool starts_anyway() const noexcept { return coroutine_ && coroutine_.promise().starts_anyway(); }
  void start_anyway() noexcept { coroutine_.promise().start_anyway(); }

  /// For combinators: the coroutine, which the caller owns from here on. Errors: usage_error if there is none.
  detail::task_coroutine take() {
    if (!coroutine_) [[unlikely]]
      detail::throw_used_task();
    check_address();
    return release();
  }

 private:
  template <class, detail::freed>
  friend struct detail::promise;
  explicit task(detail::task_coroutine c) noexcept : coroutine_(c) {}

  detail::task_coroutine release() noexcept {
    void* address = coroutine_.address();
    coroutine_ = nullptr;
#if MAGPIE_GCC
    // Else GCC 12 loads two neighbouring handles, just stored one by one, as one vector: a store-forwarding stall.
    asm("" : "+r"(address));
#endif
    return detail::task_coroutine::from_address(address);
  }

#if MAGPIE_CHECK_TASK_ADDRESS
  // A task that lies elsewhere than where it was made was copied bit by bit: `co_await (b ? f() : g())`.
  void check_address() const noexcept {
    if (self_ != this) [[unlikely]] {
      detail::fatal("magpie: GCC 12 has copied a task bitwise, as it does for co_await (b ? f() : g()): "
                    "write `task<T> t = b ? f() : g(); co_await std::move(t);` instead");
    }
  }
  const task* self_ = this;
#else
  void check_address() const noexcept {}
#endif

  detail::task_coroutine coroutine_;
};

template <class T, detail::freed How>
task<T> detail::promise<T, How>::get_return_object() noexcept {
  this->remember_address();
  return task<T>(as_task_coroutine(std::coroutine_handle<promise>::from_promise(*this)));
}
template <detail::freed How>
task<void> detail::promise<void, How>::get_return_object() noexcept {
  this->remember_address();
  return task<void>(as_task_coroutine(std::coroutine_handle<promise>::from_promise(*this)));
}

}  // namespace magpie

/// The promise of a function that returns task<T> also depends on its parameters: whether their copies need destroying.
/// Only trivial copies qualify, so that nothing runs between the allocation of the frame and the promise.
template <class T, class... Parameters>
struct std::coroutine_traits<magpie::task<T>, Parameters...> {
  static constexpr bool trivial =
      ((std::is_reference_v<Parameters> || std::is_trivially_copyable_v<Parameters>) && ...);
  using promise_type = magpie::detail::promise<T, MAGPIE_FREE_DIRECTLY && trivial ? magpie::detail::freed::directly
                                                                                  : magpie::detail::freed::by_destroy>;
};

// What else can be awaited in a task.
#include <magpie/coroutine/foreign.hpp>
#include <magpie/coroutine/to_task.hpp>
