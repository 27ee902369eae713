#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>

namespace magpie::detail {

/// Finds out when all that was started has ended (docs/protocols/shutdown.md). Nothing is counted here: the counts are
/// compared whenever somebody has nothing left to do, once the line is drawn.
template <class Atomics = atomics>
class finish_line {
 public:
  /// The end, when nothing comes from outside any more. It compares afterwards.
  void draw() noexcept {
    drawn_.store(true, seq_cst);  // Z2: before we look ourselves; a worker that lies down looks after its announcement
  }
  /// A worker that has announced its sleep: must it compare?
  bool is_drawn() const noexcept {
    return drawn_.load(seq_cst);  // Z2: after the announcement
  }

  /// `ended()` and `started()` add up what all have counted, `tell()` signals every worker: that happens once.
  template <class Ended, class Started, class Tell>
  void compare(Ended ended, Started started, Tell tell) noexcept {
    // Z2: the ended are read before the started: if the sums are equal, nothing ran in between.
    const std::uint64_t n = ended();
    if (started() != n) return;
    if (!passed_.exchange(true, release)) tell();  // Z3: before the signals; who wipes out its signal sees this
  }

  /// All has ended, and what it wrote is visible.
  bool is_passed() const noexcept {
    return passed_.load(acquire);  // Z3: pairs with compare(): what all have written
  }

 private:
  typename Atomics::template atomic<bool> drawn_{false};
  typename Atomics::template atomic<bool> passed_{false};
};

}  // namespace magpie::detail
