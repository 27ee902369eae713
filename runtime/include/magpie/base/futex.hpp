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

}  // namespace magpie::detail
