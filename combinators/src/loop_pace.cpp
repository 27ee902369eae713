#include <magpie/errors.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/runtime.hpp>

#include <cstdint>
#include <utility>

namespace magpie::detail {

void throw_bad_grain() { throw usage_error("magpie: the grain of a loop is negative: it is items per leaf, or 0"); }

void throw_bad_index() {
  throw usage_error("magpie: a loop between integers of different types, of which the common type cannot express one: "
                    "write both in one type");
}

void throw_bad_tile() { throw usage_error("magpie: tile{rows, cols} is negative, or has 2^64 cells or more"); }

unsigned workers_here() noexcept { return current_worker->home.owner().workers(); }

namespace {

/// What helpers would have saved in loops that were not offered, as long as these follow each other.
struct missed_help {
  float nanoseconds = 0;
  std::int64_t last = 0;
};
constinit thread_local missed_help missed;

/// Where this thread was at work in the last loop of so many items.
struct last_share {
  std::uint64_t count = 0;
  std::uint64_t at = 0;
};
constinit thread_local last_share share;

}  // namespace

void keep_what_was_ours(const loop_plan& plan, loop_part& sooner, loop_part& later) noexcept {
  if (current_virtual_time != nullptr) return;
  if (share.count == plan.count && share.at >= later.at && share.at < later.end) std::swap(sooner, later);
  note_part(plan, sooner);
}

void note_part(const loop_plan& plan, const loop_part& part) noexcept {
  // Not of what is left over at the end, of which anybody may take a little.
  const std::uint64_t least = plan.count / plan.workers / 4 * 3;
  if (part.end - part.from >= least) share = {plan.count, part.from};
}

bool is_worth_a_wake(std::int64_t now, float saved) noexcept {
  constexpr float cost_of_a_wake = 25'000;
  constexpr std::int64_t soon = 1'000'000;
  if (now - missed.last > soon) missed.nanoseconds = 0;
  missed.last = now;
  missed.nanoseconds += saved;
  if (missed.nanoseconds < cost_of_a_wake) return false;
  missed.nanoseconds = 0;
  return true;
}

}  // namespace magpie::detail
