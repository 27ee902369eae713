#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>

namespace magpie::detail {

/// Who has a mutex of tasks: nobody, somebody, or somebody while others stand in its line (docs/protocols/sync.md).
/// Beside it are the line and a spin lock.
///
/// Y5: without the spin lock the word goes from free to held, and back, and no other way. While somebody stands in the
/// line it is `waited_for`, and changes under the spin lock only.
template <class Atomics = atomics>
class mutex_word {
 public:
  // Any thread.
  [[nodiscard]] bool try_take() noexcept {
    std::uint32_t old = free;
    // Y5. acquire: pairs with give back: what the last holder left; relaxed on failure: nothing was taken
    return word_.compare_exchange_strong(old, held, acquire, relaxed);
  }
  /// The holder. False: others may wait, and the spin lock must be taken. True: *this may be gone.
  [[nodiscard]] bool try_give_back() noexcept {
    std::uint32_t old = held;
    // Y5. release: pairs with try_take(); relaxed on failure: nothing was given back
    return word_.compare_exchange_strong(old, free, release, relaxed);
  }

  // With the spin lock.
  /// False: it is held, and its holder will see that somebody waits. Then the caller must stand in the line.
  [[nodiscard]] bool take_or_wait() noexcept {
    for (std::uint32_t old = word_.load(relaxed); old != waited_for;) {  // relaxed: the exchange decides
      const std::uint32_t now = old == free ? held : waited_for;
      // Y5. acquire: as try_take(); relaxed on failure: we look again
      if (word_.compare_exchange_weak(old, now, acquire, relaxed)) return now == held;
    }
    return false;
  }
  /// Nobody stands in the line any more; it is held, as before or by the one who was the last there.
  void nobody_waits() noexcept {
    word_.store(held, relaxed);  // relaxed: what the new holder must see comes with its wake-up
  }
  /// The holder, after try_give_back() failed, but nobody stands in the line.
  void give_back() noexcept {
    word_.store(free, release);  // release: pairs with try_take()
  }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t waited_for = 2;

  typename Atomics::template atomic<std::uint32_t> word_{free};
};

}  // namespace magpie::detail
