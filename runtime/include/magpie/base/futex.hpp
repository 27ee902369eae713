#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <cstdint>

/// Blocking a thread on a 32-bit word. Own calls, because std's atomic waits and semaphores misbehave under signals.
/// Times are absolute, on the monotonic clock, in nanoseconds.
namespace magpie::detail {

inline constexpr std::int64_t no_deadline = INT64_MAX;

/// Nanoseconds of the monotonic clock.
MAGPIE_EXPORT std::int64_t monotonic_now() noexcept;

/// Blocks while `word` holds `expected`. Returns on a wake, at the deadline, or for no reason: call it in a loop.
MAGPIE_EXPORT void futex_wait(atomics::atomic<std::uint32_t>& word, std::uint32_t expected,
                              std::int64_t deadline = no_deadline) noexcept;

/// Wakes one, or all, of those that wait on `word`. Only the address is used: the word may be gone already, then
/// somebody else who waits at that address wakes for no reason.
MAGPIE_EXPORT void futex_wake_one(atomics::atomic<std::uint32_t>& word) noexcept;
MAGPIE_EXPORT void futex_wake_all(atomics::atomic<std::uint32_t>& word) noexcept;

/// The same for rooms that run under the model checker too: they take it as a policy.
struct system_futex {
  using word = atomics::atomic<std::uint32_t>;

  static std::int64_t after(std::int64_t nanoseconds) noexcept { return monotonic_now() + nanoseconds; }
  static void wait(word& w, std::uint32_t expected) noexcept { futex_wait(w, expected); }
  /// False: the deadline has passed.
  static bool wait_until(word& w, std::uint32_t expected, std::int64_t deadline) noexcept {
    if (monotonic_now() >= deadline) return false;
    futex_wait(w, expected, deadline);
    return true;
  }
  static void wake_one(word& w) noexcept { futex_wake_one(w); }
};

}  // namespace magpie::detail
