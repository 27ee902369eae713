#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <cstdint>

namespace magpie::detail {

/// Moves with each stop request in the process.
extern constinit MAGPIE_EXPORT atomics::atomic<std::uint64_t> stop_epoch;

struct process_epoch {
  static atomics::atomic<std::uint64_t>& get() noexcept { return stop_epoch; }
};

/// A node of the tree down which a request to stop flows: of a runtime, a spawned task, a gather
/// (docs/protocols/stop_tree.md). Making one registers nothing. A stop is found by walking up, and the walk is needed
/// only if any stop was requested since the last one.
template <class Atomics, class Epoch>
class basic_scope {
 public:
  enum mark : std::uint8_t { stopped = 1, failed = 2, cancelled = 4 };

  /// No epoch: nothing is known yet.
  static constexpr std::uint64_t never_looked = 0;
  static constexpr std::uint64_t known_stopped = ~std::uint64_t{0};

  explicit basic_scope(basic_scope* parent = nullptr) noexcept : parent_(parent) {}
  basic_scope(const basic_scope&) = delete;
  basic_scope& operator=(const basic_scope&) = delete;

  /// Before anybody else sees the scope: places it under `parent`, of which it is known that nothing from there up was
  /// stopped at epoch `seen`.
  void place(basic_scope* parent, std::uint64_t seen) noexcept {
    parent_ = parent;
    seen_.store(seen, relaxed);  // relaxed: published with the scope
  }

  basic_scope* parent() const noexcept { return parent_; }

  /// The epoch at which nothing from here up was stopped; or one of the two constants.
  std::uint64_t seen() const noexcept {
    return seen_.load(relaxed);  // relaxed: a cache of what look_up() found; it is true whenever it is read
  }

  /// What makes the end of this scope slow; 0 in all good cases.
  std::uint8_t marks() const noexcept {
    return marks_.load(relaxed);  // relaxed: read after the last join, which made all marks visible
  }
  /// True for the first who sets it.
  bool set_mark(mark m) noexcept {
    // relaxed: one is first in any order. What the first writes is published by the join, a stop by the epoch (X1)
    return (marks_.fetch_or(m, relaxed) & m) == 0;
  }

  /// Any thread. Idempotent.
  void request_stop() noexcept;

  /// Walks up. False: nothing from here up was stopped at epoch `now`, and `seen` says so.
  [[nodiscard]] bool look_up(std::uint64_t now) noexcept;

  bool stop_requested() noexcept {
    return look_up(Epoch::get().load(acquire));  // X1: pairs with the release in request_stop(): its mark
  }

 private:
  basic_scope* parent_;
  typename Atomics::template atomic<std::uint64_t> seen_{never_looked};
  typename Atomics::template atomic<std::uint8_t> marks_{0};
};

template <class Atomics, class Epoch>
void basic_scope<Atomics, Epoch>::request_stop() noexcept {
  set_mark(stopped);
  // X1: pairs with the acquire before each walk: it sees our mark. Not for the first alone: it may stand before this
  Epoch::get().fetch_add(1, release);
}

template <class Atomics, class Epoch>
bool basic_scope<Atomics, Epoch>::look_up(std::uint64_t now) noexcept {
  bool found = false;
  basic_scope* s = this;
  while (s != nullptr) {
    const std::uint64_t seen = s->seen();
    if (seen == now) break;  // somebody looked from here up since the last stop, and found none
    found = seen == known_stopped || (s->marks() & stopped) != 0;
    if (found) break;
    s = s->parent_;
  }
  // Keep what was found, as `seen` only: a scope is marked as stopped by the request itself alone.
  for (basic_scope* below = this; below != s; below = below->parent_) {
    below->seen_.store(found ? known_stopped : now, relaxed);  // relaxed: a cache, see seen()
  }
  return found;
}

extern template class MAGPIE_EXPORT basic_scope<atomics, process_epoch>;  // in scope.cpp
using scope = basic_scope<atomics, process_epoch>;

}  // namespace magpie::detail
