#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace perf {

/// The pool that one writes in an afternoon: one queue, one mutex, one condition variable.
class naive_pool {
 public:
  explicit naive_pool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
  }
  naive_pool(const naive_pool&) = delete;
  naive_pool& operator=(const naive_pool&) = delete;
  ~naive_pool() {
    {
      const std::lock_guard hold(mutex_);
      over_ = true;
    }
    some_.notify_all();
    for (std::thread& t : threads_) t.join();
  }

  void submit(std::function<void()> task) {
    {
      const std::lock_guard hold(mutex_);
      tasks_.push_back(std::move(task));
    }
    some_.notify_one();
  }

  /// Runs the task that came last, if there is one: so a tree is walked in depth, and stacks stay small.
  bool help() {
    std::function<void()> task;
    {
      const std::lock_guard hold(mutex_);
      if (tasks_.empty()) return false;
      task = std::move(tasks_.back());
      tasks_.pop_back();
    }
    task();
    return true;
  }

 private:
  void serve() {
    for (;;) {
      std::function<void()> task;
      {
        std::unique_lock hold(mutex_);
        some_.wait(hold, [this] { return over_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable some_;
  std::deque<std::function<void()>> tasks_;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace perf
