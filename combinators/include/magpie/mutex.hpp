#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/lock_guard.hpp>
#include <magpie/lockfree/mutex_word.hpp>
#include <magpie/semaphore.hpp>

#include <coroutine>

namespace magpie {

class mutex;

namespace detail {
class mutex_wait;
}

/// Mutual exclusion of tasks: lock() suspends, it blocks no thread, and a guard may be held over a co_await, and given
/// back on another thread. First come first served. Threads: any, also of several runtimes; try_lock() and unlocking,
/// plain threads too. Cost: one atomic step to lock it if it is free, as much to unlock; no allocation. Destroying
/// one that somebody waits for ends the process with a message. Not recursive: a task that locks it twice waits for
/// itself, until it is stopped.
class mutex {
 public:
  mutex() noexcept = default;
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;
  ~mutex() {
    if (!line_.empty()) [[unlikely]]
      detail::die_waited_on("mutex");
  }

  /// For one whose guard was told to forget it.
  void unlock() noexcept {
    if (!word_.try_give_back()) [[unlikely]]
      hand_over();
  }

  using guard = lock_guard<mutex, &mutex::unlock>;

  /// co_await m.lock() -> guard. Stops: while it waits; then it has taken nothing.
  detail::mutex_wait lock() noexcept;

  /// An empty guard if it is locked.
  guard try_lock() noexcept { return word_.try_take() ? guard(this) : guard(); }

 private:
  friend class detail::mutex_wait;

  MAGPIE_COLD void hand_over() noexcept {
    detail::waiting_line woken;
    {
      const detail::locked hold(lock_);
      if (line_.empty()) return word_.give_back();                 // they have left
      detail::turn_wait::give_turn(line_, *line_.front(), woken);  // it stays locked
      if (line_.empty()) word_.nobody_waits();
    }
    detail::turn_wait::wake(woken);
  }

  detail::mutex_word<> word_;
  detail::spin_lock<> lock_;  // guards the line, and the word while somebody stands there
  detail::waiting_line line_;
};

namespace detail {

class [[nodiscard]] mutex_wait : public native_awaiter {
 public:
  explicit mutex_wait(mutex& m) noexcept : mutex_(m) {}
  /// Before it is awaited.
  mutex_wait(mutex_wait&& other) noexcept : mutex_wait(other.mutex_) {}

  bool await_ready() {
    once_.begin();
    return mutex_.word_.try_take();
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return room_.wait(h, mutex_);
  }
  mutex::guard await_resume() noexcept { return mutex::guard(&mutex_); }

 private:
  class turn final : public turn_wait {
   public:
    explicit turn(mutex& m) noexcept : turn_wait(m.lock_, m.line_, "a mutex"), mutex_(m) {}

   private:
    bool take() noexcept override { return mutex_.word_.take_or_wait(); }
    void left(waiting_line&) noexcept override {
      if (mutex_.line_.empty()) mutex_.word_.nobody_waits();
    }
    mutex& mutex_;
  };

  mutex& mutex_;
  awaited_once once_;
  waiting_room<turn> room_;
};

}  // namespace detail

inline detail::mutex_wait mutex::lock() noexcept { return detail::mutex_wait(*this); }

}  // namespace magpie
