#pragma once

#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/this_worker.hpp>

#include <coroutine>

namespace magpie::detail {

/// A task that has suspended, on its way through a queue; part of what it waits in. What it obtained is delivered: a
/// stop is looked at before it suspends, and at its next stop point, but not here.
class suspended_task : public runnable {
 public:
  suspended_task() noexcept : runnable(go_on) {}
  suspended_task(const suspended_task&) = delete;
  suspended_task& operator=(const suspended_task&) = delete;

  /// Before it is published: the task that suspends here.
  void hold(std::coroutine_handle<> h) noexcept {
    task_ = as_task_coroutine(h);
    level = current_worker->level;
  }
  task_coroutine task() const noexcept { return task_; }

 protected:
  /// For one that looks at the stop when it goes on.
  explicit suspended_task(function f) noexcept : runnable(f) {}

  /// We come from elsewhere: what is known of the stop is what the task's scope knows (X2).
  static task_coroutine come_back(runnable* r) noexcept {
    const task_coroutine task = static_cast<suspended_task*>(r)->task_;
    current_worker->quiet_epoch = task.promise().join->inside->seen();
    return task;
  }

 private:
  static std::coroutine_handle<> go_on(runnable* r) noexcept { return come_back(r); }

  task_coroutine task_;
};

}  // namespace magpie::detail
