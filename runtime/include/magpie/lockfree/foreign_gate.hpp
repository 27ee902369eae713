#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <cstdint>

namespace magpie::detail {

/// What foreign threads pass while they touch a pool, and its door (docs/protocols/shutdown.md). Whoever is inside may
/// touch the pool. Counts what they start.
template <class Atomics = atomics>
class foreign_gate {
 public:
  // Foreign threads.
  void enter() noexcept {
    word_.fetch_add(one_inside, seq_cst);  // Z1: before the look at the door, against close() and its look here
  }
  /// Inside: may a task start?
  bool is_open() const noexcept {
    return open_.load(seq_cst);  // Z1: see enter()
  }
  /// The last touch.
  void leave() noexcept {
    word_.fetch_sub(one_inside, release);  // Z1: pairs with the look in wait_until_empty()
  }
  void leave_having_started() noexcept {
    word_.fetch_add(one_started - one_inside, release);  // Z1: as in leave()
  }

  /// A task that runs here, before it starts another.
  bool looks_open() const noexcept {
    return open_.load(relaxed);  // relaxed: a task that runs is waited for, whether it starts more or not
  }

  // The end.
  void close() noexcept {
    open_.store(false, seq_cst);  // Z1: before the look at who is inside
  }
  /// Calls `wait(n)` between looks, n = 0, 1, ...
  template <class Wait>
  void wait_until_empty(Wait wait) const noexcept {
    // Z1: seq_cst, and so acquire: what they started, and their last touch
    for (unsigned n = 0; (word_.load(seq_cst) & inside_mask) != 0; ++n) wait(n);
  }

  /// How many tasks came through. Exact once it is closed and empty.
  std::uint64_t started() const noexcept {
    return word_.load(relaxed) / one_started;  // relaxed: a figure for people; the end has seen the last one leave
  }

 private:
  static constexpr std::uint64_t one_inside = 1;
  static constexpr std::uint64_t one_started = std::uint64_t{1} << 20;
  static constexpr std::uint64_t inside_mask = one_started - 1;

  alignas(line_size) typename Atomics::template atomic<std::uint64_t> word_{0};
  alignas(line_size) typename Atomics::template atomic<bool> open_{true};
};

}  // namespace magpie::detail
