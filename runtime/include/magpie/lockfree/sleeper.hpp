#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/lockfree/parking_word.hpp>

#include <cstdint>
#include <optional>

namespace magpie::detail {

/// How one worker searches, sleeps, and is woken: the order of the steps between the parking word, its own signal and
/// the places where work stands (docs/protocols/parking.md).
///
/// `Crew` is the pool, as far as this concerns it:
///     crew.size()                how many workers
///     crew.word()                the parking_word of all
///     crew.sleeper_of(index)     a worker's
///     crew.has_visible_work()    looked for with seq_cst loads
///     crew.all_ended()           asked after the announcement of a sleep: nobody may sleep any more
///     crew.wake_time(index)      when a sleeper must wake up by itself; it may be told by Futex::wake_one() to ask
///     again crew.time_has_come(index)  it has; what is due is published, and a sleeper signalled for it
///     crew.risen(index)          it sleeps no more
/// `Patience`: how many pauses are less than a wake.
template <class Atomics = atomics, class Futex = system_futex, unsigned Patience = 32>
class sleeper {
 public:
  enum class news : std::uint32_t { none, work, end };

  /// Any thread, after it published work by a seq_cst step: wakes one sleeper, unless somebody searches already.
  /// `self`: a sleeper's own index; it prefers itself.
  template <class Crew>
  static void wake_one(Crew& crew, unsigned self = nobody) noexcept {
    if (const auto index = crew.word().reserve_sleeper(self)) crew.sleeper_of(*index).signal(news::work);
  }

  /// Its worker, after it put its newest task: it will come to that itself, or a watcher will.
  template <class Crew>
  static void wake_one_for_newest(Crew& crew) noexcept {
    if (!crew.word().watched()) wake_one(crew);  // P6
  }

  /// A worker, after a push to its own queue, which has no place in the order of seq_cst steps yet. Nothing but a load
  /// where all work. `next`: it will come to that item before all others.
  template <class Crew, class Queue>
  static void wake_one_for_push(Crew& crew, Queue& queue, bool next) noexcept {
    if (!crew.word().anybody_idle()) [[likely]]
      return;
    queue.publish();  // P8: so that a searcher that we see will see it
    next ? wake_one_for_newest(crew) : wake_one(crew);
  }

  /// Any thread, while the end cannot come: takes the place of a worker that sleeps, and sleeps on. Nothing if none
  /// does.
  template <class Crew>
  [[nodiscard]] static std::optional<unsigned> borrow(Crew& crew) noexcept {
    return crew.word().borrow_sleeper();
  }

  /// It lays the worker down again.
  template <class Crew>
  static void give_back(Crew& crew, unsigned index) noexcept {
    // P7: no timed sleep follows, so while others are awake the worker looks itself, unless one of them searches. Who
    // worked for us begins to about now: a wake costs more than to wait for that.
    auto others = crew.word().park(index, false);
    const auto may_miss_a_fork = [&] { return others.searching == 0 && others.asleep + 1 != crew.size(); };
    for (unsigned n = 0; n < Patience && may_miss_a_fork(); ++n) {
      Atomics::pause();
      others = crew.word().others_of_sleeper();
    }
    if (may_miss_a_fork() || crew.has_visible_work()) wake_one(crew, index);
  }

  /// Any thread.
  void signal(news what) noexcept {
    // P5: pairs with the loads in sleep(). An exchange, so that either it comes after the reset, or the reset reads it
    signal_.exchange(static_cast<std::uint32_t>(what), release);
    Futex::wake_one(signal_);
  }

  /// Any thread: lets a sleeper look at the time again. A hint; the timers' guard covers what it misses.
  void stir() noexcept { Futex::wake_one(signal_); }

  // Its worker.

  bool searching() const noexcept { return searching_; }

  /// False if enough others search.
  template <class Crew>
  [[nodiscard]] bool start_searching(Crew& crew, unsigned most) noexcept {
    if (!searching_) searching_ = crew.word().start_searching(most);
    return searching_;
  }

  template <class Crew>
  void found_work(Crew& crew) noexcept {
    if (!searching_) return;
    searching_ = false;
    // P3: the last searcher looks once more; work that came while it searched woke nobody.
    if (crew.word().stop_searching() && crew.has_visible_work()) wake_one(crew);
  }

  /// Returns when there is work, as a searcher; or when all has ended.
  template <class Crew>
  void sleep(Crew& crew, unsigned index) noexcept {
    signal_.exchange(0, acquire);  // P5: before the announcement; acquire: Z3, if this wipes out the end's signal
    static_cast<void>(crew.word().park(index, searching_));
    searching_ = false;
    if (crew.all_ended()) return;
    if (crew.has_visible_work()) wake_one(crew, index);
    crew.word().watch();  // P6: from here on a newest task wakes nobody
    const std::int64_t timed_until = Futex::after(first_sleep);
    while (!signalled()) {
      const std::int64_t wake_time = crew.wake_time(index);
      if (Futex::wait_until(signal_, 0, wake_time < timed_until ? wake_time : timed_until)) continue;
      if (wake_time >= timed_until) break;
      crew.time_has_come(index);
    }
    crew.word().unwatch();  // P6: before the look below
    if (!signalled()) {
      if (crew.has_visible_work()) wake_one(crew, index);  // P4
      while (!signalled()) {
        const std::int64_t wake_time = crew.wake_time(index);
        if (wake_time == no_deadline) {
          Futex::wait(signal_, 0);
        } else if (!Futex::wait_until(signal_, 0, wake_time)) {
          crew.time_has_come(index);
        }
      }
    }
    crew.risen(index);
    searching_ = true;  // whoever woke us has counted us as one
  }

 private:
  static constexpr unsigned nobody = ~0u;
  // The first sleep is timed: it ends the window in which a fork push may have missed us (P4). Nanoseconds.
  static constexpr std::int64_t first_sleep = 1'000'000;

  bool signalled() const noexcept {
    return signal_.load(acquire) != 0;  // P5: pairs with signal(): what the waker published
  }

  alignas(line_size) typename Atomics::template atomic<std::uint32_t> signal_{0};
  bool searching_ = false;
};

}  // namespace magpie::detail
