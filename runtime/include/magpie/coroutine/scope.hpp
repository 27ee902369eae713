#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <cstdint>

namespace magpie::detail {

/// Moves with each stop request in the process.
extern constinit MAGPIE_EXPORT atomics::atomic<std::uint64_t> stop_epoch;

/// A node of the tree down which a request to stop flows: of a runtime, a spawned task, a gather
/// (docs/protocols/stop_tree.md). Making one registers nothing. A stop is found by walking up, and the walk is needed
/// only if any stop was requested since the last one.
class scope {
 public:
  enum mark : std::uint8_t { stopped = 1, failed = 2, cancelled = 4 };

  /// No epoch: nothing is known yet.
  static constexpr std::uint64_t never_looked = 0;
  static constexpr std::uint64_t known_stopped = ~std::uint64_t{0};

  explicit scope(scope* parent = nullptr) noexcept : parent_(parent) {}
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  /// Before anybody else sees the scope: places it under `parent`, of which it is known that nothing from there up was
  /// stopped at epoch `seen`.
  void place(scope* parent, std::uint64_t seen) noexcept {
    parent_ = parent;
    seen_.store(seen, relaxed);  // relaxed: published with the scope
  }

  scope* parent() const noexcept { return parent_; }

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
    return (marks_.fetch_or(m, acq_rel) & m) ==
           0;  // acq_rel: the winner of `failed` writes the error, which joins publish
  }

  /// Any thread. Idempotent.
  MAGPIE_EXPORT void request_stop() noexcept;

  /// Walks up. False: nothing from here up was stopped at epoch `now`, and `seen` says so.
  [[nodiscard]] MAGPIE_EXPORT bool look_up(std::uint64_t now) noexcept;

  bool stop_requested() noexcept {
    return look_up(stop_epoch.load(acquire));  // X1: pairs with the release in request_stop(): its mark
  }

 private:
  scope* parent_;
  atomics::atomic<std::uint64_t> seen_{never_looked};
  atomics::atomic<std::uint8_t> marks_{0};
};

}  // namespace magpie::detail
