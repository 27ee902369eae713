#pragma once

#include <magpie/model/limits.hpp>
#include <magpie/model/node_set.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace magpie::model {

/// What happens-before a point of a thread, or what a write hands to whoever acquires it:
///   - a clock per thread: plain accesses up to that time are ordered before (races are judged by it);
///   - per atomic location the newest write that a later load must not go behind (coherence);
///   - the seq_cst operations sequenced before something that happens before this point (the order S is judged by it).
///
/// Locations that have no entry yet count as 0, so a view costs what the scene uses, not what max_locations allows.
class view {
 public:
  view() noexcept = default;
  view(const view&) = delete;
  view& operator=(const view&) = delete;

  void clear() noexcept {
    size_ = 0;
    clock_ = {};
    sc_.clear();
  }
  void assign(const view& other) noexcept {
    size_ = other.size_;
    clock_ = other.clock_;
    sc_ = other.sc_;
    std::memcpy(seen_.data(), other.seen_.data(), size_ * sizeof(stamp));
  }
  void join(const view& other) noexcept {
    for (std::size_t i = 0; i < clock_.size(); ++i) clock_[i] = std::max(clock_[i], other.clock_[i]);
    sc_ |= other.sc_;
    grow(other.size_);
    for (std::size_t i = 0; i < other.size_; ++i) seen_[i] = std::max(seen_[i], other.seen_[i]);
  }

  stamp seen(int location) const noexcept {
    const auto i = static_cast<std::size_t>(location);
    return i < size_ ? seen_[i] : 0;
  }
  void raise(int location, stamp to) noexcept {
    const auto i = static_cast<std::size_t>(location);
    grow(i + 1);
    seen_[i] = std::max(seen_[i], to);
  }

  std::uint32_t clock(int thread) const noexcept { return clock_[static_cast<std::size_t>(thread)]; }
  void tick(int thread) noexcept { ++clock_[static_cast<std::size_t>(thread)]; }

  const node_set& sc() const noexcept { return sc_; }
  node_set& sc() noexcept { return sc_; }

 private:
  void grow(std::size_t size) noexcept {
    if (size <= size_) return;
    std::memset(seen_.data() + size_, 0, (size - size_) * sizeof(stamp));
    size_ = size;
  }

  std::size_t size_ = 0;
  std::array<std::uint32_t, 8> clock_{};
  node_set sc_;
  std::array<stamp, max_locations> seen_;
};

static_assert(thread_slots <= 8, "a view has eight clocks");

}  // namespace magpie::model
