#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>

namespace magpie::detail {

/// A counter that one thread moves and any thread reads.
template <class Atomics = atomics>
class tally {
 public:
  void add(std::uint64_t n = 1) noexcept {
    // relaxed: one writer. release: pairs with read(), whoever sees the count sees what was done before (Z2)
    count_.store(count_.load(relaxed) + n, release);
  }
  std::uint64_t read() const noexcept {
    return count_.load(acquire);  // acquire: pairs with add(), so that of two counts the one read later is no older
  }

 private:
  typename Atomics::template atomic<std::uint64_t> count_{0};
};

}  // namespace magpie::detail
