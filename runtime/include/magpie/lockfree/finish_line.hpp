#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>
#include <mutex>

namespace magpie::detail {

/// Finds out when all that was started has ended (docs/protocols/shutdown.md). Nothing is counted here: the counts are
/// compared whenever somebody has nothing left to do, once the line is drawn.
template <class Atomics = atomics, class Mutex = std::mutex>
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
    std::lock_guard guard(lock_);
    // Z2: the ended are read before the started: if the sums are equal, nothing ran in between.
    const std::uint64_t n = ended();
    if (started() != n || passed_.load(relaxed)) return;  // relaxed: under the lock
    passed_.store(true, seq_cst);  // Z3: before the signals; a worker that wipes out its signal sees this
    tell();
  }

  /// All has ended, and what it wrote is visible.
  bool is_passed() const noexcept {
    return passed_.load(seq_cst);  // Z3: pairs with compare(): after a worker's announcement, and before its leaving
  }

 private:
  typename Atomics::template atomic<bool> drawn_{false};
  typename Atomics::template atomic<bool> passed_{false};
  Mutex lock_;
};

}  // namespace magpie::detail
