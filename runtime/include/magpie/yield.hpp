#pragma once

#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/transfer.hpp>

#include <coroutine>

namespace magpie {

namespace detail {

class yield_awaiter : public native_awaiter, private suspended_task {
 public:
  yield_awaiter() noexcept : suspended_task(go_on) {}
  /// Before it is awaited.
  yield_awaiter(yield_awaiter&&) noexcept : yield_awaiter() {}
  yield_awaiter& operator=(yield_awaiter&&) = delete;

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    worker_context& w = *current_worker;
    hold(h);
    publish(w.home, *this);
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}

 private:
  // noinline: another worker may run the task, and free its frame, before this returns.
  MAGPIE_NOINLINE static void publish(executor& home, runnable& r) noexcept { home.enqueue(r, placement::back); }

  static std::coroutine_handle<> go_on(runnable* r) noexcept {
    const task_coroutine me = come_back(r);
    if (stop_requested(*current_worker, me.promise().join->inside)) [[unlikely]]
      return end_cancelled(me.promise());
    return me;
  }
};

/// As yield() if the task has gone on for long, else only a look at the stop.
class checkpoint_awaiter : public native_awaiter {
 public:
  checkpoint_awaiter() noexcept {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    worker_context& w = *current_worker;
    if (w.checkpoints_left == 0) return turn_.await_suspend(h);
    --w.checkpoints_left;
    if (stop_requested(w, h.promise().join->inside)) [[unlikely]]
      return transfer(w, end_cancelled(h.promise()));
    return transfer(w, h);
  }
  void await_resume() const noexcept {}

 private:
  yield_awaiter turn_;
};

/// Ends the task.
class stopped_awaiter : public native_awaiter {
 public:
  stopped_awaiter() noexcept {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return transfer(*current_worker, end_cancelled(h.promise()));
  }
  void await_resume() const noexcept {}
};

}  // namespace detail

/// co_await checkpoint(): a stop point for loops that compute; every 128th also lets others run.
/// Stops: here, always. Cost: two loads mostly; no allocation.
[[nodiscard]] inline detail::checkpoint_awaiter checkpoint() noexcept { return {}; }

/// co_await stopped(): ends this task, and the plain awaits above it up to the nearest boundary (a spawned task,
/// block_on, the child of a combinator), as cancelled. What is there throws task_cancelled or fills a slot. Never
/// returns.
[[nodiscard]] inline detail::stopped_awaiter stopped() noexcept { return {}; }

/// co_await yield(): lets others run; this task goes to the back of its worker's queue.
/// Stops: here, always. Cost: no allocation.
[[nodiscard]] inline detail::yield_awaiter yield() noexcept { return {}; }

}  // namespace magpie
