#pragma once

#include <magpie/base/assert.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/base/outcome_value.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/blocked_task.hpp>
#include <magpie/errors.hpp>
#include <magpie/shared_handle.hpp>
#include <magpie/spawn/spawned.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>

namespace magpie {

class runtime;
template <class T>
class join_handle;

namespace detail {

/// Of a task that was started. The handle owns it.
template <class T>
join_handle<T> make_handle(spawned<T>* task) noexcept {
  return join_handle<T>(task);
}

/// The task of a handle, for what waits for many of them.
struct handle_access {
  template <class T>
  static spawned<T>*& task(join_handle<T>& handle) noexcept {
    return handle.task_;
  }
};

/// co_await of a handle: the node by which the task's end finds the one who waits.
class MAGPIE_EXPORT handle_wait : public native_awaiter, private arrival, private blocked_task {
 public:
  explicit handle_wait(spawned_base* awaited) : arrival(on_arrival), awaited_(awaited) {
    if (awaited == nullptr) throw_invalid_handle();
  }

  bool await_ready() const noexcept { return awaited_->own.done.has_fired(); }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend(h, 1);
  }

 protected:
  ~handle_wait() = default;
  using blocked_task::rethrow_refusal;

 private:
  void attach() noexcept override;
  std::uint32_t detach() noexcept override;
  bool obtained() noexcept override { return awaited_->own.done.has_fired(); }
  const char* waits_for() const noexcept override { return "a join_handle"; }
  std::string_view waits_for_whose() const noexcept override { return awaited_->name(); }
  static void on_arrival(arrival* a) noexcept;

  spawned_base* awaited_;
  bool attached_ = false;
};

template <class T>
inline constexpr bool borrows_handle<join_handle<T>&> = true;

template <class T>
class handle_awaiter final : public handle_wait {
 public:
  explicit handle_awaiter(join_handle<T>& handle) : handle_wait(handle.task_), handle_(handle) {}
  T await_resume() {
    rethrow_refusal();
    return handle_.release()->take();
  }

 private:
  join_handle<T>& handle_;
};

}  // namespace detail

/// A started task: its result can be taken once, by co_await in a task or get() on a plain thread. Move-only, like
/// std::future; one waiter at a time. It may outlive its runtime.
///
/// Destroying a handle lets the task run on (see detach()). Moving or destroying a handle while somebody waits on it
/// ends the process with a message. Threads: a handle belongs to one thread at a time.
template <class T>
class join_handle {
 public:
  join_handle() noexcept = default;
  join_handle(join_handle&& other) noexcept : task_(other.release_unwaited()) {}
  join_handle& operator=(join_handle&& other) noexcept {
    if (this != &other) {
      detach();
      task_ = other.release_unwaited();
    }
    return *this;
  }
  ~join_handle() { detach(); }

  /// False when default-made, moved from, or after the result was taken.
  bool valid() const noexcept { return task_ != nullptr; }

  /// The task has ended: with a value, an error, or cancelled. False for an invalid handle.
  bool ready() const noexcept { return task_ != nullptr && task_->own.done.has_fired(); }

  /// Asks the task to stop: it ends as cancelled at its next stop point, or runs to its end if it has none. True if it
  /// had not ended. Idempotent. Threads: any, as long as the handle stays where it is.
  bool cancel() noexcept { return task_ != nullptr && task_->cancel(); }

  /// co_await: takes the result. Errors: rethrows what the task threw; task_cancelled if it was cancelled; usage_error
  /// if the handle is invalid, or somebody else waits on it. Stops: a stop of the waiter leaves the task alone, and the
  /// handle usable. Cost: no allocation.
  detail::handle_awaiter<T> operator co_await() & { return detail::handle_awaiter<T>(*this); }
  detail::handle_awaiter<T> operator co_await() && { return detail::handle_awaiter<T>(*this); }

  /// Takes the result, after blocking until there is one, as wait() does. Errors: as co_await; usage_error on a worker,
  /// unless ready().
  T get() {
    wait();
    return release()->take();
  }

  /// Takes the result without throwing what is in it. Errors: usage_error unless ready().
  outcome<T> take() {
    if (task_ == nullptr) detail::throw_invalid_handle();
    if (!ready())
      throw usage_error("magpie: take() of a task that has not ended: look at ready() first, or co_await it");
    return release()->take_outcome();
  }

  /// Blocks a plain thread until the task has ended. If nobody has begun it, it is next and a worker sleeps, the thread
  /// takes that worker's place as in block_on(): it runs the task and what that forks, on its own stack, and hands on
  /// what is left when it would have to wait for long. Not so for background tasks, and tasks of a group. Errors:
  /// usage_error on a worker, unless ready().
  void wait() { static_cast<void>(block(detail::no_deadline)); }

  /// Blocks at most so long, and runs nothing; true if the task has ended. Errors: as wait().
  template <class Rep, class Period>
  bool wait_for(std::chrono::duration<Rep, Period> length) {
    if (task_ == nullptr) detail::throw_invalid_handle();
    return wait_until(detail::time_after(length, task_->now()));
  }
  bool wait_until(clock::time_point deadline) { return block(deadline.time_since_epoch().count()); }

  /// Lets the task run on without a handle. Its runtime still owns it; an error goes to on_unhandled.
  void detach() noexcept {
    if (detail::spawned<T>* task = release_unwaited()) task->abandon();
  }

  /// Gives the task over to a handle that can be copied, and that many may wait for; this one becomes invalid.
  /// Errors: usage_error if it is invalid, or somebody waits on it; std::bad_alloc. Cost: one recycled allocation.
  shared_handle<T> share() {
    if (task_ == nullptr) detail::throw_invalid_handle();
    detail::counted_ptr<detail::shared_task> shared = detail::shared_task::of(*task_);
    task_ = nullptr;
    return shared_handle<T>(std::move(shared));
  }

 private:
  friend class runtime;
  friend join_handle detail::make_handle<T>(detail::spawned<T>* task) noexcept;
  friend class detail::handle_awaiter<T>;
  friend struct detail::handle_access;
  explicit join_handle(detail::spawned<T>* task) noexcept : task_(task) {}

  bool block(std::int64_t deadline) {
    if (task_ == nullptr) detail::throw_invalid_handle();
    return task_->own.done.has_fired() || task_->block_until(deadline);
  }

  detail::spawned<T>* release() noexcept { return std::exchange(task_, nullptr); }
  detail::spawned<T>* release_unwaited() noexcept {
    if (task_ != nullptr && task_->own.done.waited_on()) {
      detail::fatal("magpie: a join_handle is being moved or destroyed while somebody waits on it");
    }
    return release();
  }

  detail::spawned<T>* task_ = nullptr;
};

}  // namespace magpie

// A handle that is given away.
#include <magpie/spawn/owned_handle.hpp>
