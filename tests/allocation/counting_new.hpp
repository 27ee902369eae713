#pragma once

#include <atomic>
#include <cstdint>

/// The program's operator new: counted, and made to fail.
namespace magpie_test {

/// Calls of operator new so far, by all threads.
std::uint64_t allocations() noexcept;
/// Calls of operator new that have not been given back.
std::int64_t live_allocations() noexcept;

/// From here on the k-th call from now fails, counted from 1, and only that one; 0: none does.
void fail_allocation(std::uint64_t k) noexcept;
/// The failure that was asked for has come.
bool allocation_has_failed() noexcept;

/// In its life no allocation of this thread fails: for what the test itself does.
class no_failures {
 public:
  no_failures() noexcept;
  ~no_failures();
};

}  // namespace magpie_test
