#pragma once

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <vector>

namespace magpie_test {

/// An event: closed until somebody opens it, from any thread. Tasks await it, and plain threads wait for it. To magpie
/// it is a foreign awaiter, like another library's.
class gate {
 public:
  void open() {
    std::vector<std::coroutine_handle<>> waiters;
    {
      std::lock_guard guard(mutex_);
      open_ = true;
      waiters.swap(waiters_);
      opened_.notify_all();  // under the lock: whoever waits may destroy the gate once it has it
    }
    for (std::coroutine_handle<> waiter : waiters) waiter.resume();
  }

  bool is_open() const {
    std::lock_guard guard(mutex_);
    return open_;
  }

  /// How many tasks wait.
  std::size_t waiters() const {
    std::lock_guard guard(mutex_);
    return waiters_.size();
  }

  /// On a plain thread. False after a minute.
  bool wait() {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, std::chrono::minutes(1), [&] { return open_; });
  }

  auto opened() noexcept {
    struct awaiter {
      explicit awaiter(gate& g) noexcept : g_(g) {}
      bool await_ready() const { return g_.is_open(); }
      bool await_suspend(std::coroutine_handle<> h) {
        std::lock_guard guard(g_.mutex_);
        if (g_.open_) return false;
        g_.waiters_.push_back(h);
        return true;
      }
      void await_resume() const noexcept {}

     private:
      gate& g_;
    };
    return awaiter(*this);
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  std::vector<std::coroutine_handle<>> waiters_;
};

}  // namespace magpie_test
