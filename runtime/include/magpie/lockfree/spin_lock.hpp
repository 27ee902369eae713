#pragma once

#include <magpie/base/atomic.hpp>

namespace magpie::detail {

/// Guards a few plain pointers for a few steps. Never held over a call of anybody else's code.
template <class Atomics = atomics>
class spin_lock {
 public:
  void lock() noexcept {
    for (unsigned looks = 0; locked_.exchange(true, acquire); ++looks) {  // acquire: what the last holder left
      // relaxed: a hint, the exchange decides
      for (; locked_.load(relaxed); ++looks) wait_a_little(looks);
    }
  }
  void unlock() noexcept {
    locked_.store(false, release);  // release: pairs with the exchange in lock()
  }

 private:
  static constexpr unsigned patience = 64;  // then the holder is probably not running

  static void wait_a_little(unsigned looks) noexcept {
    if constexpr (requires { Atomics::yield(); }) {
      if (looks >= patience) return Atomics::yield();
    }
    Atomics::pause();
  }

  typename Atomics::template atomic<bool> locked_{false};
};

/// Holds a lock for the rest of a block.
template <class Lock>
class locked {
 public:
  explicit locked(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  locked(const locked&) = delete;
  locked& operator=(const locked&) = delete;
  ~locked() { lock_.unlock(); }

 private:
  Lock& lock_;
};

}  // namespace magpie::detail
