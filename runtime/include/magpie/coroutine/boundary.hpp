#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/outcome_value.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/errors.hpp>

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace magpie::detail {

/// co_await of one task that may end cancelled without ending the one who waits: what as_outcome(), with_timeout() and
/// the like are made of. It owns the task until it is started.
template <class T>
class boundary_awaiter : public native_awaiter, protected boundary_join {
 public:
  boundary_awaiter(const boundary_awaiter&) = delete;
  boundary_awaiter& operator=(const boundary_awaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  /// Whether the task is started under a stop too.
  bool starts_anyway() const noexcept { return child_ && child_.promise().starts_anyway(); }

 protected:
  boundary_awaiter(task_coroutine child, function f) noexcept : boundary_join(f), child_(child) {}
  /// Before it is awaited.
  boundary_awaiter(boundary_awaiter&& other) noexcept
      : boundary_join(other.ended), child_(std::exchange(other.child_, {})) {
    other.parent = as_task_coroutine(std::noop_coroutine());  // used
  }
  ~boundary_awaiter() {
    if (child_) [[unlikely]]
      child_.destroy();
  }

  /// Errors: usage_error if it was awaited before, or moved from. First of all in await_suspend().
  void check_unused() const {
    if (!child_) [[unlikely]]
      throw_used_task();
  }
  /// The same, and what follows, for one that is made without a task.
  void check_empty() const {
    if (child_ || parent) [[unlikely]]
      throw_used_task();
  }
  void own(task_coroutine child) noexcept { child_ = child; }

  /// Starts the task in the scope `in`. Returns what to transfer to.
  task_coroutine begin(std::coroutine_handle<> h, scope* in) noexcept {
    parent = as_task_coroutine(h);
    inside = in;
    const task_coroutine child = std::exchange(child_, {});  // from its start on, a task owns its frame
    promise_base& p = child.promise();
    p.join = this;
    p.result = &result_;
    p.kind = role::boundary;
    return child;
  }

  /// The scope of the one who waits.
  scope* outer() const noexcept { return parent.promise().join->inside; }

  T take() {
    if (end == ending::error) std::rethrow_exception(std::move(error));
    if (end == ending::cancelled) throw task_cancelled();
    if constexpr (!std::is_void_v<T>) return result_.take();
  }
  outcome<T> take_outcome() {
    if (end == ending::error) return outcome<T>(std::move(error));
    if (end == ending::cancelled) return outcome<T>();
    return outcome<T>(std::in_place, result_.take());
  }

 private:
  task_coroutine child_;
  [[no_unique_address]] result_slot<T> result_;
};

template <class T>
class [[nodiscard]] outcome_awaiter final : public boundary_awaiter<T> {
 public:
  explicit outcome_awaiter(task_coroutine child) noexcept : boundary_awaiter<T>(child, boundary_end) {}
  outcome_awaiter(outcome_awaiter&&) noexcept = default;

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_unused();
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    if (stop_requested(w, me.join->inside) && !this->starts_anyway()) [[unlikely]]
      return transfer(w, end_cancelled(me));
    return transfer(w, this->begin(h, me.join->inside));
  }
  outcome<T> await_resume() { return this->take_outcome(); }
};

}  // namespace magpie::detail
