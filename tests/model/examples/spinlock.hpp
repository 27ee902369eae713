#pragma once

#include <atomic>

/// The spinlock of docs/guide/model-checking.md. `Unlock` is a parameter so that the guide can break it.
template <class Atomics, std::memory_order Unlock = std::memory_order_release>
class spinlock {
 public:
  void lock() {
    while (locked_.exchange(true, std::memory_order_acquire)) Atomics::pause();
  }
  void unlock() { locked_.store(false, Unlock); }

 private:
  typename Atomics::template atomic<bool> locked_{false};
};
