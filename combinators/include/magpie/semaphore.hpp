#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/lock_guard.hpp>

#include <coroutine>
#include <cstddef>

namespace magpie {

class semaphore;

namespace detail {

[[noreturn]] MAGPIE_EXPORT void die_waited_on(const char* what) noexcept;

class semaphore_wait;

}  // namespace detail

/// So many permits, for tasks: acquire() suspends, it blocks no thread. First come first served: a released permit goes
/// to the first who waits, and nobody overtakes. Threads: any, also of several runtimes; what does not wait, plain
/// threads too. Cost: one atomic exchange for a permit that is there, as much to release it; no allocation. Destroying
/// one that somebody waits for ends the process with a message.
class semaphore {
 public:
  explicit semaphore(std::size_t permits) noexcept : permits_(permits) {}
  semaphore(const semaphore&) = delete;
  semaphore& operator=(const semaphore&) = delete;
  ~semaphore() {
    if (!line_.empty()) [[unlikely]]
      detail::die_waited_on("semaphore");
  }

  /// Gives back permits, or adds some.
  void release(std::size_t n = 1) noexcept {
    detail::waiting_line woken;
    {
      const detail::locked hold(lock_);
      permits_ += n;
      for (; permits_ > 0 && !line_.empty(); --permits_) detail::turn_wait::give_turn(line_, *line_.front(), woken);
    }
    detail::turn_wait::wake(woken);
  }

  /// For guards.
  void give_back() noexcept { release(1); }
  using guard = lock_guard<semaphore, &semaphore::give_back>;

  /// co_await s.acquire() -> guard: a permit, given back when the guard is destroyed. Stops: while it waits; then it
  /// has taken nothing.
  detail::semaphore_wait acquire() noexcept;

  /// An empty guard if there is no permit, or others wait for one.
  guard try_acquire() noexcept { return take() ? guard(this) : guard(); }

  /// How many are there just now.
  std::size_t available() const noexcept {
    const detail::locked hold(lock_);
    return permits_;
  }

 private:
  friend class detail::semaphore_wait;

  bool take() noexcept {
    const detail::locked hold(lock_);
    return take_locked();
  }
  bool take_locked() noexcept {
    if (permits_ == 0) return false;  // else nobody waits
    --permits_;
    return true;
  }

  mutable detail::spin_lock<> lock_;  // guards what follows
  detail::atomics::plain<std::size_t> permits_;
  detail::waiting_line line_;
};

namespace detail {

class [[nodiscard]] semaphore_wait : public native_awaiter {
 public:
  explicit semaphore_wait(semaphore& s) noexcept : semaphore_(s) {}
  /// Before it is awaited.
  semaphore_wait(semaphore_wait&& other) noexcept : semaphore_wait(other.semaphore_) {}

  bool await_ready() {
    once_.begin();
    return semaphore_.take();
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return room_.wait(h, semaphore_);
  }
  semaphore::guard await_resume() noexcept { return semaphore::guard(&semaphore_); }

 private:
  class turn final : public turn_wait {
   public:
    explicit turn(semaphore& s) noexcept : turn_wait(s.lock_, s.line_, "a semaphore"), semaphore_(s) {}

   private:
    bool take() noexcept override { return semaphore_.take_locked(); }
    semaphore& semaphore_;
  };

  semaphore& semaphore_;
  awaited_once once_;
  waiting_room<turn> room_;
};

}  // namespace detail

inline detail::semaphore_wait semaphore::acquire() noexcept { return detail::semaphore_wait(*this); }

}  // namespace magpie
