#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <cstdint>

namespace magpie::detail {

/// Counts the children of one gather home, touching nothing shared unless somebody steals
/// (docs/protocols/gather_block.md).
///
/// The children are started in order. Whoever holds the *entry*, the right to start the next one, may hand it on
/// through a deque; `next` and `stolen` belong to the holder. A child that ends and finds the entry gone subtracts one;
/// the last child settles for all that were never stolen. Source: the lazily counted join is our own; the idea that a
/// join is only counted after a steal is Frigo, Leiserson and Randall's, "The implementation of the Cilk-5
/// multithreaded language", PLDI 1998.
template <class Atomics = atomics>
class join_counter {
 public:
  static constexpr std::int32_t most = 1 << 30;

  /// 0 < children < most.
  explicit join_counter(std::uint32_t children) noexcept : children_(children) {}

  std::uint32_t children() const noexcept { return children_; }

  // For the holder of the entry ----------------------------------------------------------------------------------
  std::uint32_t started() const noexcept { return next_; }
  bool more_to_start() const noexcept { return next_ < children_; }
  std::uint32_t start_next() noexcept {
    std::uint32_t index = next_;
    next_ = index + 1;
    return index;
  }
  /// How many were not started.
  std::uint32_t left() const noexcept { return children_ - next_; }
  /// Gives up the last `count` of those: they end elsewhere, and together count as one child, which does not look for
  /// the entry. It must be handed on then, and whoever takes it counts that as a steal.
  void give_up(std::uint32_t count) noexcept { children_ = children_ - count; }
  /// The entry came through a deque, so a child that expected to find it will not.
  void note_steal() noexcept { stolen_ = stolen_ + 1; }

  /// The last child has ended, and with it the entry. True for exactly one caller of this and of ended(): all have
  /// ended. If false, *this may be gone.
  [[nodiscard]] MAGPIE_INLINE bool last_ended() noexcept {
    if (stolen_ == 0) [[likely]]
      return true;
    const std::int32_t rest = most - static_cast<std::int32_t>(stolen_);
    // J2: release hands our child's result to whoever ends last, acquire takes over theirs
    return joins_.fetch_sub(rest, acq_rel) == rest;
  }

  /// Another child has ended and found the entry gone. As last_ended().
  [[nodiscard]] bool ended() noexcept {
    return joins_.fetch_sub(1, acq_rel) == 1;  // J2: as in last_ended()
  }

 private:
  typename Atomics::template plain<std::uint32_t> next_{0};
  typename Atomics::template plain<std::uint32_t> children_;
  typename Atomics::template plain<std::uint32_t> stolen_{0};
  typename Atomics::template atomic<std::int32_t> joins_{most};
};

}  // namespace magpie::detail
