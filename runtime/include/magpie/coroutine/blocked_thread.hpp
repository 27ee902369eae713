#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/futex.hpp>

#include <cstdint>

namespace magpie::detail {

/// A plain thread that waits, with its node on its stack (docs/protocols/source_word.md). `Node` is an arrival, or
/// what stands in a waiter_list.
template <class Node>
struct blocked_thread final : Node {
  blocked_thread() noexcept : Node(wake) {}

  void wait(std::int64_t deadline) noexcept {
    while (!arrived()) {
      if (deadline != no_deadline && monotonic_now() >= deadline) return;
      futex_wait(flag, 0, deadline);
    }
  }
  bool arrived() const noexcept {
    return flag.load(acquire) != 0;  // E4: pairs with wake(), after which only the address is used
  }

  static void wake(Node* n) noexcept {
    atomics::atomic<std::uint32_t>& flag = static_cast<blocked_thread*>(n)->flag;
    flag.store(1, release);  // E4: pairs with arrived(). *n may be gone
    futex_wake_one(flag);
  }

  atomics::atomic<std::uint32_t> flag{0};
};

}  // namespace magpie::detail
