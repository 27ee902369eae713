#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/counted.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/happening_wait.hpp>
#include <magpie/spawn/self_wait.hpp>
#include <magpie/spawn/shared_task.hpp>
#include <magpie/spawn/spawned.hpp>

#include <chrono>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace magpie {

template <class T>
class join_handle;

namespace detail {

/// What many are given of one result: T const&, T& for references, nothing for void.
template <class T>
using shared_result_t = std::add_lvalue_reference_t<std::add_const_t<T>>;
template <class T>
struct shared_result {
  using type = std::conditional_t<std::is_void_v<T>, void, shared_result_t<T>>;
};

/// Of a task that has ended.
template <class T>
typename shared_result<T>::type result_of(shared_task& shared) {
  shared.throw_failure();
  if constexpr (!std::is_void_v<T>) return static_cast<spawned<T>&>(shared.task()).result.peek();
}

/// co_await of a shared_handle. It keeps the result itself: the handle may be gone when the task ends.
template <class T>
class shared_awaiter final : public happening_wait {
 public:
  explicit shared_awaiter(counted_ptr<shared_task> shared) noexcept
      : happening_wait(shared->all_told, "a shared_handle"), shared_(std::move(shared)) {}

  bool await_ready() const noexcept { return shared_->ended(); }
  typename shared_result<T>::type await_resume() {
    rethrow_refusal();
    return result_of<T>(*shared_);
  }

 private:
  void attach() noexcept override {
    if (is_part_of(task().promise().join->inside, shared_->task().own)) return refuse(self_wait());
    happening_wait::attach();
  }

  counted_ptr<shared_task> shared_;
};

}  // namespace detail

/// A started task whose result many may have, by reference: what join_handle::share() returns. Copyable, like
/// std::shared_future; a default-made or moved-from one is invalid. The last one that goes lets the task run on, as
/// join_handle::detach() does; an error that nobody was given goes to on_unhandled.
///
/// The references that it gives last as long as any of its copies. Threads: each copy belongs to one thread at a time.
template <class T>
class [[nodiscard]] shared_handle {
 public:
  /// T const&; T& if T is a reference; void for void.
  using result_type = typename detail::shared_result<T>::type;

  shared_handle() noexcept = default;

  bool valid() const noexcept { return static_cast<bool>(shared_); }

  /// The task has ended: with a value, an error, or cancelled. False for an invalid handle.
  bool ready() const noexcept { return shared_ && shared_->ended(); }

  /// Asks the task to stop, for all who wait for it. True if it had not ended. Idempotent.
  bool cancel() noexcept { return shared_ && shared_->cancel(); }

  /// co_await: the result, for each who asks. Errors: rethrows what the task threw, each time; task_cancelled if it was
  /// cancelled; usage_error if the handle is invalid. Stops: a stop of the waiter leaves the task alone. Cost: no
  /// allocation; the end of the task takes constant time for each who waits.
  detail::shared_awaiter<T> operator co_await() const { return detail::shared_awaiter<T>(checked()); }

  /// Blocks a plain thread until there is a result. Errors: as co_await; usage_error on a worker, unless ready().
  result_type get() const {
    wait();
    return detail::result_of<T>(*shared_);
  }

  /// Blocks a plain thread until the task has ended. Errors: usage_error if the handle is invalid; on a worker, unless
  /// ready().
  void wait() const { static_cast<void>(checked()->block_until(detail::no_deadline)); }

  /// Blocks at most so long; true if the task has ended. Errors: as wait().
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> length) const {
    return wait_until(detail::time_after(length, checked()->task().now()));
  }
  bool wait_until(clock::time_point deadline) const {
    return checked()->block_until(deadline.time_since_epoch().count());
  }

 private:
  friend class join_handle<T>;
  explicit shared_handle(detail::counted_ptr<detail::shared_task> shared) noexcept : shared_(std::move(shared)) {}

  const detail::counted_ptr<detail::shared_task>& checked() const {
    if (!shared_) detail::throw_invalid_handle();
    return shared_;
  }

  detail::counted_ptr<detail::shared_task> shared_;
};

}  // namespace magpie
