#pragma once

#include <magpie/lockfree/timer_heap.hpp>
#include <magpie/lockfree/timer_watch.hpp>
#include <magpie/model/explore.hpp>

#include "blocking_task.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/timers.md: the guard and the keeper over shipped heaps (T2).
namespace timer_watch_model {

namespace model = magpie::model;
using magpie::detail::no_deadline;
using rooms::locking_atomics;

/// Time passes as far as the scene says, at any moment, and not beyond: who sleeps for longer sleeps for ever.
struct modelled_time {
  static inline std::int64_t most = 0;

  using word = model::atomic<std::uint32_t>;
  static bool wait_until(word& w, std::uint32_t expected, std::int64_t deadline) {
    model::check(deadline > magpie::detail::timer_watch<>::slack, "the guard leaves time to others");
    if (deadline <= most) return model::futex::wait_for_some_time(w, expected) != model::futex::result::timed_out;
    model::futex::wait(w, expected);
    return true;
  }
  static void wake_one(word& w) { model::futex::wake(w, 1); }
};
using watch = magpie::detail::timer_watch<model::atomics, modelled_time>;
using heap = magpie::detail::timer_heap<locking_atomics>;

struct timer : magpie::detail::basic_timer<locking_atomics> {
  explicit timer(std::int64_t when) { due = when; }
  model::atomic<std::uint32_t> fired{0};
  void timer_fired() noexcept override {
    model::check(fired.exchange(1, std::memory_order_release) == 0, "fired twice");
    model::futex::wake_all(fired);
  }
  void wait() {
    while (fired.load(std::memory_order_acquire) == 0) model::futex::wait(fired, std::uint32_t{0});
  }
};

/// Heaps and their watch: timer_service, without its thread.
template <std::size_t Heaps>
struct service {
  std::array<heap, Heaps> heaps;
  watch watched;

  std::int64_t earliest() const {
    std::int64_t first = no_deadline;
    for (const heap& each : heaps) first = std::min(first, each.earliest());
    return first;
  }
  template <class Stir>
  void arm(timer& t, std::size_t where, Stir stir) {
    if (heaps[where].arm(t)) watched.armed(t.due, stir);
  }
  void arm(timer& t, std::size_t where) {
    arm(t, where, [](unsigned) {});
  }
  void guard() {
    for (;;) {
      switch (watched.guard_sleeps([this] { return earliest(); })) {
        case watch::guard_wakes::at_the_end:
          return;
        case watch::guard_wakes::to_look_again:
          break;
        case watch::guard_wakes::in_time:
          for (heap& each : heaps) {
            magpie::detail::intrusive_list<magpie::detail::basic_timer<locking_atomics>, void, locking_atomics> due;
            each.take_due(modelled_time::most, 64, due);
            while (auto* const t = due.pop_front()) t->timer_fired();
          }
      }
    }
  }
};

/// Timers are armed while the guard looks, and it fires each, though no worker does. When all have fired it is told of
/// the end. `Later`: there is one already whose time does not come, so that the guard sleeps, and not for ever.
template <int Armers, std::size_t Heaps, bool Later>
struct guarded : service<Heaps> {
  static constexpr int threads = 1 + Armers;
  static constexpr std::int64_t soon = 10;

  std::array<timer, 2> timers{timer(soon), timer(soon + 1)};
  timer later{4 * watch::slack};
  model::atomic<int> left{Armers};

  guarded() {
    modelled_time::most = soon + 2 + watch::slack;
    if (Later) this->arm(later, 0);
  }
  void thread(int self) {
    if (self == 0) return this->guard();
    const auto i = static_cast<std::size_t>(self - 1);
    this->arm(timers[i], i % Heaps);
    timers[i].wait();
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) this->watched.end();
  }
  void after() {
    if (Later) model::check(this->heaps[0].disarm(later), "fired before its time");
  }
};

/// The end comes while the guard is between its steps, and there is nothing else that would wake it.
struct guard_ends : service<1> {
  static constexpr int threads = 2;
  void thread(int self) {
    if (self == 0) return guard();
    watched.end();
  }
};

/// A worker lies down, twice if it is stirred or so wishes, while others arm: it sleeps no longer than until the
/// earliest, unless somebody stirred it since. (A stir may come before it sleeps; that is what the guard is for.)
/// `After`: there was a keeper before, who had to rise earlier than anybody does now.
template <int Armers, std::size_t Heaps, int Looks, bool After = false>
struct kept : service<Heaps> {
  static constexpr int threads = 1 + Armers;

  std::array<timer, 2> timers{timer(10), timer(20)};
  timer before{30};
  int stirs = 0;
  int stirs_at_last_look = 0;
  std::int64_t until = 0;

  kept() {
    modelled_time::most = 0;
    this->arm(before, 0);
    if (!After) return;
    timer early{5};
    this->arm(early, 0);
    static_cast<void>(this->watched.keep(1, [this] { return this->earliest(); }));
    this->watched.leave(1);
    model::check(this->heaps[0].disarm(early), "nobody fires it");
  }
  void thread(int self) {
    if (self == 0) {
      for (int i = 0; i < Looks; ++i) {
        stirs_at_last_look = stirs;
        until = this->watched.keep(0, [this] { return this->earliest(); });
        if (i + 1 < Looks) this->watched.leave(0);
      }
      return;
    }
    const auto i = static_cast<std::size_t>(self - 1);
    this->arm(timers[i], i % Heaps, [this](unsigned keeper) {
      model::check(keeper == 0, "there is one keeper");
      ++stirs;
    });
  }
  void after() {
    model::check(stirs > stirs_at_last_look || until <= timers[0].due,
                 "the keeper sleeps beyond the earliest, and nobody stirred it (T2)");
    model::check(until <= 30, "the keeper forgets what was there");
  }
};

/// Two lie down: one of them is the keeper. It rises, and the next who asks is.
struct two_keepers : service<1> {
  static constexpr int threads = 2;
  timer before{30};
  std::array<std::int64_t, 2> until{};

  two_keepers() {
    modelled_time::most = 0;
    arm(before, 0);
  }
  void thread(int self) {
    const auto i = static_cast<std::size_t>(self);
    until[i] = watched.keep(static_cast<unsigned>(self), [this] { return earliest(); });
  }
  void after() {
    model::check(std::min(until[0], until[1]) == 30 && std::max(until[0], until[1]) == no_deadline, "one keeps");
    const unsigned keeper = until[0] == 30 ? 0 : 1;
    const unsigned other = 1 - keeper;
    const auto look = [this] { return earliest(); };
    model::check(watched.keep(keeper, look) == 30, "who keeps goes on");
    watched.leave(other);
    model::check(watched.keep(other, look) == no_deadline, "who does not keep has nothing to leave");
    watched.leave(keeper);
    model::check(watched.keep(other, look) == 30, "the next one keeps");
  }
};

}  // namespace timer_watch_model
