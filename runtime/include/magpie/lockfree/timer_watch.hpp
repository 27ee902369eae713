#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/futex.hpp>

#include <algorithm>
#include <cstdint>

namespace magpie::detail {

/// Who wakes up for a pool's timers while no worker looks at them (docs/protocols/timers.md): the keeper, a sleeping
/// worker; and the guard, a thread that does nothing else, for what nobody has fired in time.
///
/// Both look for the earliest deadline and then sleep. Whoever arms a timer that is the earliest of its heap tells them
/// if they would sleep too long. `Earliest` is asked for what the heaps noted by seq_cst stores.
template <class Atomics = atomics, class Futex = system_futex>
class timer_watch {
 public:
  /// How late a timer may be before the guard fires it. It also wakes up no more often than that. Nanoseconds.
  static constexpr std::int64_t slack = 1'000'000;

  /// Any thread, after the heap has noted that `deadline` is its earliest. Calls `stir(keeper)` if the keeper must look
  /// again.
  template <class Stir>
  void armed(std::int64_t deadline, Stir stir) noexcept {
    if (deadline < guard_wakes_.load(seq_cst) - slack) alarm();  // T2: after the heap's note, against guard_sleeps()
    const std::int64_t keeper = keeper_.load(seq_cst);           // T2: as above, against keep()
    // T2: as above
    if (keeper != nobody && deadline < keeper_wakes_.load(seq_cst)) stir(static_cast<unsigned>(keeper));
  }

  /// A sleeping worker: until when it may sleep. It becomes the keeper if there is none.
  template <class Earliest>
  [[nodiscard]] std::int64_t keep(unsigned index, Earliest earliest) noexcept {
    const auto me = static_cast<std::int64_t>(index);
    std::int64_t keeper = nobody;
    // T2: seq_cst, announced before the look at the heaps; relaxed on failure: somebody else keeps them
    if (!keeper_.compare_exchange_strong(keeper, me, seq_cst, relaxed) && keeper != me) return no_deadline;
    keeper_wakes_.store(no_deadline, seq_cst);  // T2: whoever arms from here on stirs us
    const std::int64_t until = earliest();
    keeper_wakes_.store(until, seq_cst);  // T2: before the second look, against armed()
    return std::min(until, earliest());
  }
  /// It sleeps no more.
  void leave(unsigned index) noexcept {
    const auto me = static_cast<std::int64_t>(index);
    if (keeper_.load(relaxed) == me) keeper_.store(nobody, seq_cst);  // relaxed: only we write our own index
  }

  enum class guard_wakes : std::uint8_t { in_time, to_look_again, at_the_end };

  /// The guard sleeps.
  template <class Earliest>
  [[nodiscard]] guard_wakes guard_sleeps(Earliest earliest) noexcept {
    // T2: before all that the alarm may be about. acquire: pairs with alarm(): what it is about
    const std::uint32_t heard = alarm_.load(acquire);
    if (over_.load(relaxed)) return guard_wakes::at_the_end;  // relaxed: published with the alarm that we heard
    const std::int64_t until = with_slack(earliest());
    guard_wakes_.store(until, seq_cst);  // T2: before the second look, against armed()
    if (with_slack(earliest()) < until) return guard_wakes::to_look_again;
    return Futex::wait_until(alarm_, heard, until) ? guard_wakes::to_look_again : guard_wakes::in_time;
  }
  /// Any thread, once nothing is armed any more: the guard is to end.
  void end() noexcept {
    over_.store(true, relaxed);  // relaxed: published with the alarm
    alarm();
  }

 private:
  static constexpr std::int64_t nobody = -1;

  static std::int64_t with_slack(std::int64_t deadline) noexcept {
    return deadline < no_deadline - slack ? deadline + slack : no_deadline;
  }

  /// Lets the guard look again.
  void alarm() noexcept {
    alarm_.fetch_add(1, release);  // release: pairs with guard_sleeps()
    Futex::wake_one(alarm_);
  }

  typename Atomics::template atomic<std::int64_t> keeper_{nobody};
  typename Atomics::template atomic<std::int64_t> keeper_wakes_{no_deadline};
  typename Atomics::template atomic<std::int64_t> guard_wakes_{no_deadline};
  typename Atomics::template atomic<std::uint32_t> alarm_{0};
  typename Atomics::template atomic<bool> over_{false};
};

}  // namespace magpie::detail
