#pragma once

#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/this_worker.hpp>

#include <coroutine>

namespace magpie {

namespace detail {

class yield_awaiter : public native_awaiter, private runnable {
 public:
  yield_awaiter() noexcept : runnable(go_on) {}
  yield_awaiter(const yield_awaiter&) = delete;
  yield_awaiter& operator=(const yield_awaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    worker_context& w = *current_worker;
    task_ = &h.promise();
    publish(w.home, *this);
    return std::noop_coroutine();
  }
  void await_resume() const noexcept {}

 private:
  // noinline: another worker may run the task, and free its frame, before this returns.
  MAGPIE_NOINLINE static void publish(executor& home, runnable& r) noexcept { home.enqueue(r, placement::back); }

  static std::coroutine_handle<> go_on(runnable* r) noexcept {
    promise_base* me = static_cast<yield_awaiter*>(r)->task_;
    if (stop_requested(*current_worker, me->join->inside)) [[unlikely]]
      return end_cancelled(*me);
    return task_coroutine::from_promise(*me);
  }

  promise_base* task_ = nullptr;
};

}  // namespace detail

/// co_await yield(): lets others run; this task goes to the back of its worker's queue.
/// Stops: here, always. Cost: no allocation.
[[nodiscard]] inline detail::yield_awaiter yield() noexcept { return {}; }

}  // namespace magpie
