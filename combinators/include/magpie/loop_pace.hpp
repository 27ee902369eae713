#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/promise.hpp>
#include <magpie/coroutine/this_worker.hpp>

#include <algorithm>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <utility>

/// How a loop that computes is cut: into leaves, after each of which it looks for a stop and for thieves; and in two,
/// whenever there is nothing left for a thief to take (lazy binary splitting).
///
/// Source: Tzannes, Caragea, Barua and Vishkin, "Lazy binary-splitting: a run-time adaptive work-stealing scheduler",
/// PPoPP 2010.
namespace magpie::detail {

[[noreturn]] MAGPIE_EXPORT void throw_bad_grain();
[[noreturn]] MAGPIE_EXPORT void throw_bad_index();
[[noreturn]] MAGPIE_EXPORT void throw_bad_tile();

/// On a worker: whether nobody could steal, because there is no other worker.
[[nodiscard]] MAGPIE_EXPORT bool works_alone() noexcept;

template <class N>
concept whole_number = std::integral<N> && !std::same_as<std::remove_cv_t<N>, bool>;

/// Items per leaf; 0: chosen. Errors: usage_error for less.
template <whole_number G>
constexpr std::uint64_t checked_grain(G grain) {
  if (std::cmp_less(grain, 0)) throw_bad_grain();
  return static_cast<std::uint64_t>(grain);
}

/// co_await gives the scope of the running task. Never suspends.
class current_scope : public native_awaiter {
 public:
  current_scope() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) noexcept {
    scope_ = h.promise().join->inside;
    return false;
  }
  scope* await_resume() const noexcept { return scope_; }

 private:
  scope* scope_ = nullptr;
};

/// A thief has nothing to take from this worker.
[[nodiscard]] MAGPIE_INLINE bool is_bare(const worker_context& w) noexcept { return w.forks.looks_empty(); }

/// Whether a loop has gone on for long enough to be worth the waking of a thief. Looks at the clock after 1, 2, 4, 8...
/// leaves only, as that may cost more than a leaf.
class warm_up {
 public:
  warm_up() noexcept : warm_(current_virtual_time != nullptr) {}  // no time passes there
  explicit warm_up(bool warm) noexcept : warm_(warm) {}

  /// After a leaf.
  MAGPIE_INLINE bool is_over() noexcept {
    if (warm_) [[likely]]
      return true;
    return look();
  }

 private:
  static constexpr std::int64_t worth = 2000;  // nanoseconds; a wake costs several times that

  MAGPIE_COLD bool look() noexcept {
    if (leaves_++ == 0) {
      began_ = monotonic_now();  // the first leaf is not counted: this saves a look
    } else if ((leaves_ & (leaves_ - 1)) == 0) {
      warm_ = monotonic_now() - began_ >= worth;
    }
    return warm_;
  }

  bool warm_;
  std::uint32_t leaves_ = 0;
  std::int64_t began_ = 0;
};

/// A loop of so few leaves is shared out before the first of them runs: each may be long. Of more leaves one is little.
inline constexpr std::uint64_t few_leaves = 64;

/// What all parts of one loop know of it.
struct loop_plan {
  loop_plan(std::uint64_t count, std::uint64_t grain) noexcept
      : leaf_most(grain != 0 ? grain : std::max<std::uint64_t>(1, count / 64)),
        fixed(grain != 0),
        alone(works_alone()) {}

  std::uint64_t leaf_most;
  bool fixed;  // every leaf has so many items, but for the last
  bool alone;
};

/// Where a part of a loop stands: what is left of it, and how many items a leaf takes. Unless a grain was given, a leaf
/// grows until it takes some ten microseconds: long against what it costs to look around, short against the patience of
/// thieves and of those who asked for a stop.
struct loop_part {
  std::uint64_t at;
  std::uint64_t end;
  std::uint64_t leaf;
  bool warm;  // it is worth it to let others help

  std::uint64_t rest() const noexcept { return end - at; }

  /// Gives away the later half, at the boundary of a leaf.
  loop_part split(const loop_plan& plan) noexcept {
    const std::uint64_t leaves = (rest() - 1) / leaf + 1;
    const std::uint64_t kept = plan.fixed ? (leaves + 1) / 2 * leaf : rest() - rest() / 2;
    const loop_part later{at + kept, end, leaf, true};
    end = at + kept;
    return later;
  }
};

/// Measures leaves and sets their length.
class loop_pace {
 public:
  explicit loop_pace(const loop_plan& plan, const loop_part& part) noexcept
      : timed_(current_virtual_time == nullptr && !plan.fixed), warm_up_(current_virtual_time != nullptr || part.warm) {
    if (timed_) last_ = began_ = monotonic_now();
  }

  /// After a leaf, which was not the last one.
  MAGPIE_INLINE void adapt(const loop_plan& plan, loop_part& part) noexcept {
    if (plan.fixed) {
      part.warm = warm_up_.is_over();
      return;
    }
    // Of leaves that can grow no more some are measured.
    ++unmeasured_;
    if (part.leaf == plan.leaf_most && unmeasured_ % 8 != 0 && (unmeasured_ & (unmeasured_ - 1)) != 0) return;
    measure(plan, part);
  }

 private:
  static constexpr std::int64_t microsecond = 1000;

  MAGPIE_COLD void measure(const loop_plan& plan, loop_part& part) noexcept {
    if (!timed_) {
      part.leaf = std::min(plan.leaf_most, part.leaf * 2);
      part.warm = true;
      return;
    }
    const std::int64_t now = monotonic_now();
    const std::int64_t took = (now - last_) / static_cast<std::int64_t>(std::max(unmeasured_ - measured_, 1u));
    measured_ = unmeasured_;
    last_ = now;
    // What is left must be worth a steal, as far as one can tell.
    const double rest = static_cast<double>(part.rest()) / static_cast<double>(part.leaf) * static_cast<double>(took);
    part.warm = (part.warm || now - began_ >= 2 * microsecond) && rest >= 4 * microsecond;
    if (took < microsecond) {
      part.leaf = part.leaf <= plan.leaf_most / 8 ? part.leaf * 8 : plan.leaf_most;
    } else if (took < 10 * microsecond) {
      part.leaf = part.leaf <= plan.leaf_most / 2 ? part.leaf * 2 : plan.leaf_most;
    } else if (took > 40 * microsecond) {
      const double shorter = static_cast<double>(part.leaf) * (20.0 * microsecond / static_cast<double>(took));
      part.leaf = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(shorter));
    }
  }

  const bool timed_;
  warm_up warm_up_;
  unsigned unmeasured_ = 0;
  unsigned measured_ = 0;
  std::int64_t began_ = 0;
  std::int64_t last_ = 0;
};

enum class loop_pause : std::uint8_t {
  done,
  stopped,
  bare,  ///< thieves have taken all that there was: split
};

}  // namespace magpie::detail
