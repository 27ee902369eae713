#pragma once

// Included by magpie/base/atomic.hpp, after std_atomics.

#include "../support/watched_atomic.hpp"

#include <ctime>

namespace magpie::detail {

/// What a thread does before, and after, some of its accesses to atomics: everything that makes rare schedules common.
struct chaos {
  enum class mood : std::uint32_t {
    none,
    pauses,  ///< spins a little: other cores overtake
    yields,  ///< gives the processor away
    sleeps,  ///< is gone for up to 60 us, as a preempted thread is
    mixed,   ///< all of these, often
    seldom,  ///< all of these, now and then: long undisturbed stretches between
  };

  /// For all threads, from their next access on.
  static void set(std::uint64_t seed, mood m) noexcept {
    seed_.store(seed, relaxed);
    mood_.store(m, relaxed);
    generation_.fetch_add(1, release);
  }

  static void disturb() noexcept {
    if (--left_ == 0) [[unlikely]]
      act();
  }
  /// How often threads were disturbed.
  static std::uint64_t disturbances() noexcept { return disturbances_.load(relaxed); }

 private:
  static std::uint32_t below(std::uint32_t bound) noexcept {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 0x2545F4914F6CDD1Du >> 32) % bound);
  }

  __attribute__((noinline)) static void act() noexcept {
    const std::uint32_t generation = generation_.load(acquire);
    if (generation != seen_) {
      if (seen_ == 0) number_ = threads_.fetch_add(1, relaxed) + 1;
      seen_ = generation;
      state_ = (seed_.load(relaxed) + number_) * 0x9E3779B97F4A7C15u | 1;
    }
    const mood m = mood_.load(relaxed);
    static constexpr std::uint32_t distance[] = {1000, 20, 20, 300, 40, 2000};
    left_ = 1 + below(2 * distance[static_cast<std::uint32_t>(m)]);
    if (m == mood::none) return;
    disturbances_.fetch_add(1, relaxed);
    const std::uint32_t kind = m == mood::pauses   ? 0
                               : m == mood::yields ? 1
                               : m == mood::sleeps ? 2
                                                   : below(24) % 5 % 3;
    if (kind == 0) {
      for (std::uint32_t n = below(300); n > 0; --n) std_atomics::pause();
    } else if (kind == 1) {
      for (std::uint32_t n = below(3) + 1; n > 0; --n) sched_yield();
    } else {
      const timespec time{0, static_cast<long>(below(60'000))};
      nanosleep(&time, nullptr);
    }
  }

  static inline std::atomic<std::uint64_t> seed_{1};
  static inline std::atomic<mood> mood_{mood::none};
  static inline std::atomic<std::uint32_t> generation_{1};
  static inline std::atomic<std::uint32_t> threads_{0};
  static inline std::atomic<std::uint64_t> disturbances_{0};
  static inline constinit thread_local std::uint32_t left_ = 1;
  static inline constinit thread_local std::uint32_t seen_ = 0;
  static inline constinit thread_local std::uint32_t number_ = 0;
  static inline constinit thread_local std::uint64_t state_ = 1;
};

/// Before the access, and after it: between an access and the plain ones that follow lie races too. It touches nothing
/// but the thread's own, as the atomic may be gone.
struct chaos_watch {
  explicit chaos_watch(access) noexcept { chaos::disturb(); }
  ~chaos_watch() { chaos::disturb(); }
};

struct chaos_atomics : std_atomics {
  template <class T>
  using atomic = watched_atomic<T, chaos_watch>;
};
using atomics = chaos_atomics;

}  // namespace magpie::detail
