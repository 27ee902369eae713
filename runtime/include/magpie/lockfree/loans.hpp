#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <cstdint>

namespace magpie::detail {

/// How many workers threads from outside have borrowed, and given back (docs/protocols/shutdown.md). For the end, a
/// loan counts as a task: while one is out, not all has ended.
template <class Atomics = atomics>
class loans {
 public:
  /// Inside the gate, before the borrower is on its own.
  void begin() noexcept {
    begun_.fetch_add(1, relaxed);  // relaxed: Z4, the gate's release comes after it
  }
  /// When the worker was given back. The borrower looks afterwards whether the line is drawn.
  void end() noexcept {
    ended_.fetch_add(1, seq_cst);  // Z4: before that look; releases what ran
  }

  std::uint64_t begun() const noexcept {
    return begun_.load(relaxed);  // relaxed: Z4, read when the gate is empty
  }
  std::uint64_t ended() const noexcept {
    return ended_.load(seq_cst);  // Z4: after the line was drawn; acquires what ran
  }

 private:
  alignas(line_size) typename Atomics::template atomic<std::uint64_t> begun_{0};
  typename Atomics::template atomic<std::uint64_t> ended_{0};
};

}  // namespace magpie::detail
