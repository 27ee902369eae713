#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace magpie::model {

/// The decisions of one execution, and through them the position of a depth-first search: the next execution repeats
/// all decisions but the last one that has an alternative left, and takes that alternative.
class trail {
 public:
  trail() { decisions_.reserve(1024); }

  void clear() noexcept {
    decisions_.clear();
    next_ = 0;
  }
  void rewind() noexcept { next_ = 0; }

  /// The decisions so far repeat those of an earlier execution.
  bool repeating() const noexcept { return next_ < decisions_.size(); }

  /// One of 0 .. count - 1: what this decision was last time or, beyond the end, `fresh`. -1 if the scene behaved
  /// differently from last time.
  int choose(int count, int fresh) {
    if (!repeating()) {
      decisions_.push_back({static_cast<std::uint8_t>(fresh), static_cast<std::uint8_t>(count)});
      ++next_;
      return fresh;
    }
    const decision& same = decisions_[next_++];
    return same.count == count ? same.taken : -1;
  }

  /// Turns to the next unexplored execution. False if there is none.
  bool advance() noexcept {
    next_ = 0;
    while (!decisions_.empty()) {
      decision& last = decisions_.back();
      if (++last.taken < last.count) return true;
      decisions_.pop_back();
    }
    return false;
  }

 private:
  struct decision {
    std::uint8_t taken;
    std::uint8_t count;
  };
  std::vector<decision> decisions_;
  std::size_t next_ = 0;
};

}  // namespace magpie::model
