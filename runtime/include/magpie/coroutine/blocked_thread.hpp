#pragma once

#include <magpie/base/futex.hpp>
#include <magpie/lockfree/wake_flag.hpp>

#include <cstdint>

namespace magpie::detail {

/// Spins for a few microseconds at most while `flag` is not raised, if other CPUs may raise it. True: it is raised.
bool comes_soon(const wake_flag<>& flag) noexcept;

/// A plain thread that waits, with its node on its stack (docs/protocols/source_word.md). `Node` is an arrival, or
/// what stands in a waiter_list.
template <class Node>
struct blocked_thread final : Node {
  blocked_thread() noexcept : Node(wake) {}

  void wait(std::int64_t deadline) noexcept {
    if (comes_soon(flag_)) return;
    if (deadline == no_deadline) {
      flag_.wait();
    } else {
      flag_.wait_until(deadline);
    }
  }
  bool arrived() const noexcept { return flag_.is_raised(); }

 private:
  static void wake(Node* n) noexcept { static_cast<blocked_thread*>(n)->flag_.raise(); }

  wake_flag<> flag_;
};

}  // namespace magpie::detail
