#pragma once

#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/coroutine/this_worker.hpp>

#include <coroutine>

namespace magpie {

namespace detail {

class yield_awaiter : public native_awaiter, private suspended_task {
 public:
  yield_awaiter() noexcept : suspended_task(go_on) {}

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

}  // namespace detail

/// co_await yield(): lets others run; this task goes to the back of its worker's queue.
/// Stops: here, always. Cost: no allocation.
[[nodiscard]] inline detail::yield_awaiter yield() noexcept { return {}; }

}  // namespace magpie
