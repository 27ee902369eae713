#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/lock_guard.hpp>
#include <magpie/semaphore.hpp>

namespace magpie {

class mutex;

namespace detail {
class mutex_wait;
}

/// Mutual exclusion of tasks: lock() suspends, it blocks no thread, and a guard may be held over a co_await, and given
/// back on another thread. First come first served. Threads: any, also of several runtimes; try_lock() and unlocking,
/// plain threads too. Cost: one atomic exchange to lock it if it is free, as much to unlock; no allocation. Destroying
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
    detail::waiting_line woken;
    {
      const detail::locked hold(lock_);
      if (line_.empty()) {
        is_locked_ = false;
        return;
      }
      detail::turn_wait::give_turn(line_, *line_.front(), woken);  // it stays locked
    }
    detail::turn_wait::wake(woken);
  }

  using guard = lock_guard<mutex, &mutex::unlock>;

  /// co_await m.lock() -> guard. Stops: while it waits; then it has taken nothing.
  detail::mutex_wait lock() noexcept;

  /// An empty guard if it is locked.
  guard try_lock() noexcept {
    const detail::locked hold(lock_);
    return take_locked() ? guard(this) : guard();
  }

 private:
  friend class detail::mutex_wait;

  bool take_locked() noexcept {
    if (is_locked_) return false;
    is_locked_ = true;
    return true;
  }

  detail::spin_lock<> lock_;  // guards what follows
  detail::atomics::plain<bool> is_locked_{false};
  detail::waiting_line line_;
};

namespace detail {

class [[nodiscard]] mutex_wait final : public turn_wait {
 public:
  explicit mutex_wait(mutex& m) noexcept : turn_wait(m.lock_, m.line_, "a mutex"), mutex_(m) {}
  /// Before it is awaited.
  mutex_wait(mutex_wait&& other) noexcept : mutex_wait(other.mutex_) {}
  mutex::guard await_resume() noexcept { return mutex::guard(&mutex_); }

 private:
  bool take() noexcept override { return mutex_.take_locked(); }
  mutex& mutex_;
};

}  // namespace detail

inline detail::mutex_wait mutex::lock() noexcept { return detail::mutex_wait(*this); }

}  // namespace magpie
