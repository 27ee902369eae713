#pragma once

#include <magpie/lockfree/timer_heap.hpp>
#include <magpie/model/explore.hpp>

#include "blocking_task.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/timers.md: the heap and who frees a timer (T1).
namespace timer_heap_model {

namespace model = magpie::model;
using magpie::detail::no_deadline;
using rooms::locking_atomics;

using heap = magpie::detail::timer_heap<locking_atomics>;
using base = magpie::detail::basic_timer<locking_atomics>;
using due_list = magpie::detail::intrusive_list<base, void, locking_atomics>;

/// A timer in a frame, and the flag outside it by which its owner learns that it has fired.
struct timer : base {
  timer(std::int64_t when, model::atomic<std::uint32_t>& f) : flag(f) { due = when; }
  model::atomic<std::uint32_t>& flag;
  model::plain<int> owned{0};

  void timer_fired() noexcept override {
    owned = 1;
    model::atomic<std::uint32_t>& f = flag;
    model::check(f.fetch_add(1, std::memory_order_release) == 0, "fired twice");  // *this may be gone
    model::futex::wake_all(f);
  }
};

/// As timer_service::fire_due(): no lock is held.
inline int fire_due(heap& h, std::int64_t now, unsigned most) {
  int fired = 0;
  for (;;) {
    due_list due;
    h.take_due(now, most, due);
    if (due.empty()) return fired;
    while (base* const t = due.pop_front()) {
      model::check(t->due <= now, "fired before its time");
      t->timer_fired();
      ++fired;
    }
  }
}

/// `Owners` arm and disarm, each a timer in a frame of its own that is freed at once if the disarm says that it may be,
/// else as soon as it has fired. `Firers` take what is due, up to `Most` at a time.
template <int Owners, int Firers, unsigned Most>
struct disarmed_while_it_fires {
  static constexpr int threads = Owners + Firers;
  heap timers;
  std::array<model::atomic<std::uint32_t>, Owners> flags;

  void thread(int self) {
    if (self >= Owners) {
      fire_due(timers, 10, Most);
      return;
    }
    model::atomic<std::uint32_t>& flag = flags[static_cast<std::size_t>(self)];
    timer* const t = model::make_named<timer>("timer", 10 - self, flag);
    t->owned = 0;
    static_cast<void>(timers.arm(*t));
    if (!timers.disarm(*t)) {
      while (flag.load(std::memory_order_acquire) == 0) model::futex::wait(flag, std::uint32_t{0});
      model::check(t->owned == 1, "who fires comes before who is told of it");
    }
    model::destroy(t);
  }
  void after() { model::check(timers.earliest() == no_deadline, "nothing is left"); }
};

/// Any order of arming, disarming and firing, on one thread, with a list beside it.
template <int Timers, int Steps, std::int64_t Times>
struct any_order {
  static constexpr int threads = 1;
  heap timers;
  std::array<model::atomic<std::uint32_t>, Timers> flags;
  std::array<timer*, Timers> all{};
  std::array<bool, Timers> armed{};

  void thread(int) {
    model::engine& engine = model::engine::get();
    // Armed at first, at times of any order.
    for (std::size_t i = 0; i < Timers; ++i) {
      all[i] = model::make_named<timer>("timer", engine.choose(Times), flags[i]);
      arm(i);
    }
    for (int step = 0; step < Steps; ++step) {
      const auto what = static_cast<std::size_t>(engine.choose(Timers + 1));
      if (what < Timers && !armed[what]) {
        all[what]->due = engine.choose(Times);
        arm(what);
      } else if (what < Timers) {
        model::check(timers.disarm(*all[what]), "what was armed and has not fired can be disarmed");
        armed[what] = false;
        check_earliest();
      } else {
        fire(engine.choose(Times));
      }
    }
    fire(Times);
    for (std::size_t i = 0; i < Timers; ++i) {
      model::check(!armed[i] && !timers.disarm(*all[i]), "all have fired, or were disarmed");
      model::destroy(all[i]);
    }
  }

 private:
  std::int64_t first() const {
    std::int64_t found = no_deadline;
    for (std::size_t i = 0; i < Timers; ++i)
      if (armed[i]) found = std::min(found, all[i]->due);
    return found;
  }
  void check_earliest() { model::check(timers.earliest() == first(), "the earliest is known"); }
  void arm(std::size_t i) {
    const bool leads = all[i]->due < first();
    armed[i] = true;
    model::check(timers.arm(*all[i]) == leads, "who arms the earliest is told so");
    check_earliest();
  }
  void fire(std::int64_t now) {
    const unsigned most = 1 + static_cast<unsigned>(model::engine::get().choose(2));
    for (bool more = true; more;) {
      due_list due;
      timers.take_due(now, most, due);
      unsigned taken = 0;
      // Each is the earliest of those that were left.
      for (; base* const t = due.pop_front(); ++taken) {
        model::check(t->due == first() && t->due <= now, "the earliest first");
        armed[static_cast<std::size_t>(std::find(all.begin(), all.end(), t) - all.begin())] = false;
      }
      model::check(taken <= most, "no more than was asked for");
      model::check(taken == most || first() > now, "as much as was asked for, if it is due");
      check_earliest();
      more = taken == most;
    }
    model::check(first() > now, "all that was due");
  }
};

}  // namespace timer_heap_model
