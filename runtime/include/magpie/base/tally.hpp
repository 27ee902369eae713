#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>

namespace magpie::detail {

/// A counter that one thread moves and any thread reads.
template <class Atomics = atomics>
class tally {
 public:
  void add(std::uint64_t n = 1) noexcept {
    count_.store(count_.load(relaxed) + n, relaxed);  // relaxed: one writer, and readers want a figure only
  }
  std::uint64_t read() const noexcept {
    return count_.load(relaxed);  // relaxed: where more is compared, the one who reads orders it
  }

 private:
  typename Atomics::template atomic<std::uint64_t> count_{0};
};

}  // namespace magpie::detail
