#include <magpie/base/futex.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <ctime>

namespace magpie::detail {
namespace {

constexpr std::int64_t second = 1'000'000'000;

// A kernel's futex is a 32-bit word; ours is an atomic of one, and nothing else.
static_assert(sizeof(atomics::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wake(atomics::atomic<std::uint32_t>& word, int count) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

}  // namespace

std::int64_t monotonic_now() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * second + now.tv_nsec;
}

void futex_wait(atomics::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t deadline) noexcept {
  timespec until{deadline / second, deadline % second};
  // FUTEX_WAIT_BITSET, unlike FUTEX_WAIT, takes an absolute time, so a signal costs nothing but another call.
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline == no_deadline ? nullptr : &until, nullptr,
          FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_one(atomics::atomic<std::uint32_t>& word) noexcept { futex_wake(word, 1); }
void futex_wake_all(atomics::atomic<std::uint32_t>& word) noexcept { futex_wake(word, INT_MAX); }

}  // namespace magpie::detail
