#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>

namespace magpie::detail {

/// The completion counter of a task that waits for several sources at once: the first that matters wakes it, and it
/// goes on when none can touch it any more (docs/protocols/wait_block.md). So its nodes may live in its frame.
///
///     63 ......... 34 | 33        | 32     | 31 ..... 0
///     winner            triggered   parked   pending
///
/// `pending` counts the sources that may still arrive, and one more, the guard, while the waiter is at work on the
/// block itself: attaching, or detaching.
template <class Atomics = atomics>
class wait_block {
 public:
  static constexpr std::uint32_t most_sources = (1u << 30) - 2;

  // The waiter ---------------------------------------------------------------------------------------------------

  /// Before any source is attached: so many may arrive.
  void open(std::uint32_t sources) noexcept {
    word_.store(sources + guard, relaxed);  // relaxed: published with each attached node
  }

  /// One source was found to have happened, while attaching.
  void trigger(std::uint32_t source) noexcept {
    std::uint64_t old = word_.load(relaxed);  // relaxed: the exchange decides
    // C1: one winner. relaxed: nothing is handed over, we are the waiter; on failure we look again
    while ((old & triggered) == 0 && !word_.compare_exchange_weak(old, old | win(source), relaxed, relaxed)) {
    }
  }

  /// All are attached. True: the waiter sleeps, and an arrival will wake it; *this may be gone. False: something has
  /// happened already, and the waiter goes on to detach.
  [[nodiscard]] bool park() noexcept {
    std::uint64_t old = word_.load(relaxed);  // relaxed: the exchange decides
    do {
      if ((old & triggered) != 0) return false;
      // C2: release hands the waiter to the arrival that wakes it; relaxed on failure: we look again
    } while (!word_.compare_exchange_weak(old, (old | parked) - guard, release, relaxed));
    return true;
  }

  /// Awake, and `gone` sources will not arrive. True: no other will either, the wait is over. False: the last arrival
  /// wakes the waiter again; *this may be gone.
  [[nodiscard]] bool settle(std::uint32_t gone) noexcept {
    const std::uint64_t taken = std::uint64_t{gone} + guard;
    // C4: all others have arrived before, so nobody touches the word any more, and nothing need be written. C3: acquire
    if (static_cast<std::uint32_t>(word_.load(acquire)) == taken) return true;
    // C3: acquire takes over what the arrivals wrote, release hands the waiter to the last of them
    const std::uint64_t old = word_.fetch_add(parked - taken, acq_rel);
    return static_cast<std::uint32_t>(old) == taken;
  }

  /// After the wait.
  std::uint32_t winner() const noexcept {
    return static_cast<std::uint32_t>(word_.load(relaxed) >>
                                      winner_shift);  // relaxed: C1, written before we were woken
  }

  // A source: any thread ------------------------------------------------------------------------------------------

  /// True: the caller must make the waiter go on. False: *this may be gone.
  [[nodiscard]] bool arrive(std::uint32_t source) noexcept {
    std::uint64_t old = word_.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      const bool first = (old & triggered) == 0;
      const bool wakes_first = first && (old & parked) != 0;
      std::uint64_t now = old - 1;
      if (first) now |= win(source);
      if (wakes_first) now = (now & ~parked) + guard;  // the waiter gets its guard back with its life
      // C1, C2, C3: acquire: the waiter, if we wake it; release: what we wrote. relaxed on failure: we look again
      if (word_.compare_exchange_weak(old, now, acq_rel, relaxed)) {
        return wakes_first || (!first && (old & parked) != 0 && static_cast<std::uint32_t>(now) == 0);
      }
    }
  }

  /// The same for a source that does not end the wait.
  [[nodiscard]] bool arrive_unheard() noexcept {
    const std::uint64_t old = word_.fetch_sub(1, acq_rel);  // C3: as in arrive()
    return (old & triggered) != 0 && (old & parked) != 0 && static_cast<std::uint32_t>(old) == 1;
  }

 private:
  static constexpr std::uint64_t guard = 1;
  static constexpr std::uint64_t parked = std::uint64_t{1} << 32;
  static constexpr std::uint64_t triggered = std::uint64_t{1} << 33;
  static constexpr unsigned winner_shift = 34;

  static constexpr std::uint64_t win(std::uint32_t source) noexcept {
    return triggered | std::uint64_t{source} << winner_shift;
  }

  typename Atomics::template atomic<std::uint64_t> word_{0};
};

}  // namespace magpie::detail
