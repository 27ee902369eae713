#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/lock_guard.hpp>
#include <magpie/semaphore.hpp>

#include <cstddef>

namespace magpie {

class shared_mutex;

namespace detail {
template <bool Shared>
class shared_mutex_wait;
}

/// Many readers or one writer, of tasks. First come first served: readers behind a waiting writer wait for it, so that
/// neither side starves. Otherwise as mutex.
class shared_mutex {
 public:
  shared_mutex() noexcept = default;
  shared_mutex(const shared_mutex&) = delete;
  shared_mutex& operator=(const shared_mutex&) = delete;
  ~shared_mutex() {
    if (!line_.empty()) [[unlikely]]
      detail::die_waited_on("shared_mutex");
  }

  // For those whose guards were told to forget them.
  void unlock() noexcept {
    give_back([this] { written_ = false; });
  }
  void unlock_shared() noexcept {
    give_back([this] { --readers_; });
  }

  using guard = lock_guard<shared_mutex, &shared_mutex::unlock>;
  using shared_guard = lock_guard<shared_mutex, &shared_mutex::unlock_shared>;

  /// co_await m.lock() -> guard: alone. Stops: while it waits; then it has taken nothing.
  detail::shared_mutex_wait<false> lock() noexcept;
  /// co_await m.lock_shared() -> shared_guard: with other readers.
  detail::shared_mutex_wait<true> lock_shared() noexcept;

  /// An empty guard if it is locked, or others wait.
  guard try_lock() noexcept {
    const detail::locked hold(lock_);
    return line_.empty() && take(false) ? guard(this) : guard();
  }
  shared_guard try_lock_shared() noexcept {
    const detail::locked hold(lock_);
    return line_.empty() && take(true) ? shared_guard(this) : shared_guard();
  }

 private:
  template <bool Shared>
  friend class detail::shared_mutex_wait;

  // With the lock.
  bool take(bool shared) noexcept {
    if (written_ || (!shared && readers_ != 0)) return false;
    shared ? void(++readers_) : void(written_ = true);
    return true;
  }
  void admit(detail::waiting_line& woken) noexcept;

  template <class Step>
  void give_back(Step step) noexcept {
    detail::waiting_line woken;
    {
      const detail::locked hold(lock_);
      step();
      admit(woken);
    }
    detail::turn_wait::wake(woken);
  }

  detail::spin_lock<> lock_;  // guards what follows
  detail::atomics::plain<bool> written_{false};
  detail::atomics::plain<std::size_t> readers_{0};
  detail::waiting_line line_;
};

namespace detail {

class shared_mutex_turn : public turn_wait {
 public:
  const bool shared;

 protected:
  shared_mutex_turn(spin_lock<>& lock, waiting_line& line, bool is_shared) noexcept
      : turn_wait(lock, line, "a shared_mutex"), shared(is_shared) {}
  ~shared_mutex_turn() = default;
};

template <bool Shared>
class [[nodiscard]] shared_mutex_wait final : public shared_mutex_turn {
 public:
  explicit shared_mutex_wait(shared_mutex& m) noexcept : shared_mutex_turn(m.lock_, m.line_, Shared), mutex_(m) {}
  /// Before it is awaited.
  shared_mutex_wait(shared_mutex_wait&& other) noexcept : shared_mutex_wait(other.mutex_) {}
  auto await_resume() noexcept {
    if constexpr (Shared) {
      return shared_mutex::shared_guard(&mutex_);
    } else {
      return shared_mutex::guard(&mutex_);
    }
  }

 private:
  bool take() noexcept override { return mutex_.line_.empty() && mutex_.take(Shared); }
  void left(waiting_line& woken) noexcept override { mutex_.admit(woken); }
  shared_mutex& mutex_;
};

}  // namespace detail

/// Those at the head of the line who may go on.
inline void shared_mutex::admit(detail::waiting_line& woken) noexcept {
  while (!line_.empty()) {
    auto& first = static_cast<detail::shared_mutex_turn&>(*line_.front());
    if (!take(first.shared)) return;
    detail::turn_wait::give_turn(line_, first, woken);
  }
}

inline detail::shared_mutex_wait<false> shared_mutex::lock() noexcept {
  return detail::shared_mutex_wait<false>(*this);
}
inline detail::shared_mutex_wait<true> shared_mutex::lock_shared() noexcept {
  return detail::shared_mutex_wait<true>(*this);
}

}  // namespace magpie
