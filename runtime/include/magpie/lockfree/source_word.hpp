#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>

namespace magpie::detail {

/// One thing that happens once, and the one who waits for it or has lost interest
/// (docs/protocols/source_word.md). States: nobody, a waiter, fired, abandoned.
///
/// Exactly one of the two sides frees what the word belongs to: who fires an abandoned word, or who abandons a fired
/// one.
template <class Node, class Atomics = atomics>
class source_word {
 public:
  enum class fired : std::uint8_t { unheard, waiter, abandoned };
  enum class attached : std::uint8_t { yes, fired_already, somebody_waits };

  /// Any thread.
  bool has_fired() const noexcept {
    return state_.load(acquire) == fired_mark;  // E1: pairs with fire(): the result
  }

  /// If the answer is `yes`, `node` will arrive. One waiter at a time.
  [[nodiscard]] attached attach(Node* node) noexcept {
    std::uintptr_t expected = nobody;
    // E2: release shows the node to who fires; E1: acquire on failure takes the result
    if (state_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(node), release, acquire)) {
      return attached::yes;
    }
    return expected == fired_mark ? attached::fired_already : attached::somebody_waits;
  }

  /// True: `node` has left and will not arrive. False: its arrival is on the way and must be waited for.
  [[nodiscard]] bool detach(Node* node) noexcept {
    auto expected = reinterpret_cast<std::uintptr_t>(node);
    // acquire on failure: E1; on success nothing is handed over, but GCC 12 takes no order weaker than on failure
    return state_.compare_exchange_strong(expected, nobody, acquire, acquire);
  }

  /// Somebody waits. For the owner, to report a second waiter or a loss of the first.
  bool waited_on() const noexcept {
    return state_.load(relaxed) > abandoned_mark;  // relaxed: only the owner's own waiter counts; nothing is read after
  }

  /// The node of the one who waits, or nullptr. To be compared: it may be gone.
  const Node* waiter() const noexcept {
    const std::uintptr_t now = state_.load(relaxed);  // relaxed: nothing is read through it
    return now > abandoned_mark ? reinterpret_cast<const Node*>(now) : nullptr;
  }

  /// Once. The node of the waiter is in `node` if the answer is `waiter`; if it is `abandoned`, the caller frees.
  fired fire(Node*& node) noexcept {
    // E3: acquire: pairs with abandon(). Nobody else touches an abandoned word, so there is nothing to exchange
    if (state_.load(acquire) == abandoned_mark) return fired::abandoned;
    const std::uintptr_t before =
        state_.exchange(fired_mark, acq_rel);  // E1: releases the result; E2: acquires the node
    if (before == nobody) return fired::unheard;
    if (before == abandoned_mark) return fired::abandoned;
    node = reinterpret_cast<Node*>(before);
    return fired::waiter;
  }

  /// Once, with no waiter attached. True: it had fired, so the caller frees.
  [[nodiscard]] bool abandon() noexcept {
    std::uintptr_t expected = nobody;
    // E3: release: the caller's last use of the object comes before the free; acquire on failure: E1
    return !state_.compare_exchange_strong(expected, abandoned_mark, release, acquire);
  }

 private:
  static constexpr std::uintptr_t nobody = 0;
  static constexpr std::uintptr_t fired_mark = 1;
  static constexpr std::uintptr_t abandoned_mark = 2;

  typename Atomics::template atomic<std::uintptr_t> state_{nobody};
};

}  // namespace magpie::detail
