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

/// On a worker: of how many it is one.
[[nodiscard]] MAGPIE_EXPORT unsigned workers_here() noexcept;
/// On a worker: whether nobody could steal.
[[nodiscard]] inline bool works_alone() noexcept { return workers_here() == 1; }

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
  loop_plan(std::uint64_t items, std::uint64_t grain) noexcept
      : count(items), leaf(grain != 0 ? grain : 1), fixed(grain != 0), workers(workers_here()), alone(workers == 1) {}

  std::uint64_t count;
  std::uint64_t leaf;  // items of the first one
  bool fixed;          // every leaf has so many, but for the last
  unsigned workers;
  bool alone;
};

/// Where a part of a loop stands: what is left of it, and how many items a leaf takes. Unless a grain was given, a leaf
/// grows until it takes some ten microseconds: long against what it costs to look around, short against the patience of
/// thieves and of those who asked for a stop.
struct loop_part {
  std::uint64_t at;
  std::uint64_t end;
  std::uint64_t leaf;
  bool warm;               // it is worth it to let others help
  float each = 0;          // nanoseconds that an item takes, as far as is known
  std::uint64_t from = 0;  // where the stretch began of which this is what is left

  std::uint64_t rest() const noexcept { return end - at; }
  /// What is left takes so long, as far as is known, that a thief who takes half of it wins something.
  bool is_worth_a_steal(const loop_plan& plan) const noexcept {
    return plan.fixed || each * static_cast<float>(rest()) >= 4000;
  }

  /// Where the next leaf ends. Long ones begin and end at whole lines of the cache, as far as the items' numbers tell:
  /// so vectorised loops stay as well aligned as the whole is.
  std::uint64_t leaf_end(const loop_plan& plan) const noexcept {
    if (rest() <= leaf) return end;
    const std::uint64_t to = at + leaf;
    return plan.fixed || leaf < in_line ? to : to - to % in_line;
  }

  /// Gives away the later half, at the boundary of a leaf. There must be two items.
  loop_part split(const loop_plan& plan) noexcept {
    const std::uint64_t middle = plan.fixed ? at + ((rest() - 1) / leaf + 2) / 2 * leaf : middle_of_stretch();
    const loop_part later{middle, end, leaf, true, each, middle};
    end = middle;
    return later;
  }

 private:
  static constexpr std::uint64_t in_line = 64;

  /// Not of what is left: when a loop goes over the same items again, however fast it begins, it is cut in the same
  /// places, and each core finds most of its items in its own cache.
  std::uint64_t middle_of_stretch() noexcept {
    for (;;) {
      std::uint64_t middle = from + (end - from) / 2;
      if (end - from >= 16 * in_line) middle -= middle % in_line;
      if (middle > at && middle - at >= rest() / 8) return middle;
      from = middle;
    }
  }
};

/// Which part of a loop its worker takes itself, so that a loop over the same items, again and again, finds them in the
/// caches where it left them, although each time another worker may begin it: a worker keeps the part that it had the
/// last time, as far as the number of items tells. Not on virtual time, where nothing may depend on earlier runs.
///
/// After a split: what is kept is put into `sooner`.
MAGPIE_EXPORT void keep_what_was_ours(const loop_plan& plan, loop_part& sooner, loop_part& later) noexcept;
/// A part begins on this worker.
MAGPIE_EXPORT void note_part(const loop_plan& plan, const loop_part& part) noexcept;

/// Whether a loop should be offered to others, of whom some sleep and none searches; they would save so many
/// nanoseconds of it, beyond those that were told before. To wake one costs more than a short loop. So short loops are
/// offered only after so many others, one soon after the other, that help with all of them would have been worth it.
MAGPIE_EXPORT bool is_worth_a_wake(std::int64_t now, float saved) noexcept;

/// Measures leaves and sets their length.
class loop_pace {
 public:
  explicit loop_pace(const loop_plan& plan, const loop_part& part) noexcept
      : timed_(current_virtual_time == nullptr && !plan.fixed), warm_up_(current_virtual_time != nullptr || part.warm) {
    if (timed_) last_ = monotonic_now();
    most_ = std::max<std::uint64_t>(1, plan.count / 64);
  }

  /// After a leaf, which was not the last one.
  MAGPIE_INLINE void adapt(const worker_context& w, const loop_plan& plan, loop_part& part) noexcept {
    if (plan.fixed) {
      part.warm = warm_up_.is_over();
      return;
    }
    // Of leaves that do not grow any more some are measured.
    ++unmeasured_;
    if (settled_ && unmeasured_ % 8 != 0 && (unmeasured_ & (unmeasured_ - 1)) != 0) return;
    measure(w, plan, part);
  }

 private:
  static constexpr float microsecond = 1000;
  // Below this the clock measures itself.
  static constexpr float least_measured = microsecond / 4;

  MAGPIE_COLD void measure(const worker_context& w, const loop_plan& plan, loop_part& part) noexcept {
    if (!timed_) {
      settled_ = part.leaf >= most_;
      part.leaf = std::min(most_, part.leaf * 2);
      part.warm = true;
      return;
    }
    const std::int64_t now = monotonic_now();
    const float took = static_cast<float>(now - last_) / static_cast<float>(std::max(unmeasured_ - measured_, 1u));
    measured_ = unmeasured_;
    last_ = now;
    part.each = took / static_cast<float>(part.leaf);
    if (took < least_measured) {
      part.leaf = std::min(part.leaf * 64, most(plan, part.each));
    } else {
      const auto wanted = static_cast<std::uint64_t>(std::max(10 * microsecond / part.each, 1.0f));
      part.leaf = std::min({part.leaf * 8, most(plan, part.each), wanted});
    }
    settled_ = took >= least_measured;
    if (plan.alone) return;
    part.warm = settled_ && part.is_worth_a_steal(plan) &&
                (part.warm || !w.sleepers.hungry() || wakes(now, part.each * static_cast<float>(part.rest()) / 2));
  }

  bool wakes(std::int64_t now, float saved) noexcept {
    const float more = std::max(saved - told_, 0.0f);
    told_ += more;
    return is_worth_a_wake(now, more);
  }

  /// A leaf takes a sixty-fourth of the items at most, so that slow ones among them are shared out; or more, if that
  /// would take no microsecond.
  std::uint64_t most(const loop_plan& plan, float each) const noexcept {
    const std::uint64_t eighth = plan.count / 8;
    const float in_microsecond = std::min(microsecond / each, static_cast<float>(eighth));
    return std::max(most_, static_cast<std::uint64_t>(in_microsecond));
  }

  const bool timed_;
  bool settled_ = false;
  warm_up warm_up_;
  unsigned unmeasured_ = 0;
  unsigned measured_ = 0;
  std::uint64_t most_;
  std::int64_t last_ = 0;
  float told_ = 0;
};

enum class loop_pause : std::uint8_t {
  done,
  stopped,
  bare,  ///< thieves have taken all that there was: split
};

}  // namespace magpie::detail
