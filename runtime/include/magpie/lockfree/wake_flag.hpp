#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/futex.hpp>

#include <cstdint>

namespace magpie::detail {

/// One signal to one thread, which may sleep until it comes. The thread may be gone, and the flag with it, as soon as
/// the signal can be seen (E4, docs/protocols/source_word.md).
///
/// Cost: one exchange to raise it; the system is called only if the thread sleeps.
template <class Atomics = atomics, class Futex = system_futex>
class wake_flag {
 public:
  // The thread that waits.
  bool is_raised() const noexcept {
    return state_.load(acquire) == raised;  // E4: pairs with raise()
  }
  /// Sleeps until it is raised.
  void wait() noexcept {
    while (lies_down()) Futex::wait(state_, asleep);
  }
  /// The same until `deadline` at most. True: it is raised.
  bool wait_until(std::int64_t deadline) noexcept {
    while (lies_down()) {
      if (!Futex::wait_until(state_, asleep, deadline)) return is_raised();
    }
    return true;
  }

  /// Another thread, once. *this may be gone when the exchange is done: then only the address is used, and a wake of
  /// somebody else who sleeps there is one for no reason.
  void raise() noexcept {
    // E4: release: all that came before; relaxed as to what it finds: whether somebody sleeps is all that it says
    if (state_.exchange(raised, release) == asleep) Futex::wake_one(state_);
  }

 private:
  static constexpr std::uint32_t awake = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t raised = 2;

  /// False: it is raised.
  bool lies_down() noexcept {
    std::uint32_t seen = awake;
    // E4: acquire on failure; on success nothing is handed over, but GCC 12 takes no order weaker than on failure
    if (state_.compare_exchange_strong(seen, asleep, acquire, acquire)) return true;
    return seen == asleep;
  }

  typename Atomics::template atomic<std::uint32_t> state_{awake};
};

}  // namespace magpie::detail
