#pragma once

#include <utility>

namespace magpie {

/// Owns what was locked or acquired, and gives it back when it is destroyed, on whichever thread. May be empty.
/// `Back` gives one back. The owned object must live longer.
template <class Owned, void (Owned::*Back)() noexcept>
class [[nodiscard]] lock_guard {
 public:
  lock_guard() noexcept = default;
  /// Takes over what the caller has locked.
  explicit lock_guard(Owned* owned) noexcept : owned_(owned) {}
  lock_guard(lock_guard&& other) noexcept : owned_(std::exchange(other.owned_, nullptr)) {}
  lock_guard& operator=(lock_guard other) noexcept {
    std::swap(owned_, other.owned_);
    return *this;
  }
  ~lock_guard() { unlock(); }

  /// Gives it back now. On an empty guard: does nothing.
  void unlock() noexcept {
    if (Owned* const o = std::exchange(owned_, nullptr)) (o->*Back)();
  }
  /// Keeps it locked: somebody else gives it back.
  void forget() noexcept { owned_ = nullptr; }

  bool owns_lock() const noexcept { return owned_ != nullptr; }
  explicit operator bool() const noexcept { return owned_ != nullptr; }

 private:
  Owned* owned_ = nullptr;
};

}  // namespace magpie
