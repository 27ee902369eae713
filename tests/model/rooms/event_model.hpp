#pragma once

#include <magpie/barrier.hpp>
#include <magpie/event.hpp>
#include <magpie/latch.hpp>

#include "waiting_tasks.hpp"

/// Scenes of docs/protocols/sync.md for what is waited for and not owned: the shipped event, latch and barrier.
namespace event_model {

using namespace waiting_tasks;
using magpie::event_reset;

/// It is set from outside while tasks ask for it, the first one perhaps stopped.
template <int Tasks, int Workers, int Stops>
struct set_from_outside : cast<Tasks, Workers, Stops, 1> {
  magpie::event it;
  model::plain<int> written{0};
  int went_on = 0;

  task<> root(int) {
    if (Tasks == 1 && it.is_set()) model::check(written == 1, "what came before set() is seen");
    co_await it.wait();
    model::check(written == 1, "what came before set() is seen");
    ++went_on;
  }
  void outside(int) {
    written = 1;
    it.set();
  }
  void after(const outcomes<Tasks>& how) {
    for (outcome each : how) went_on -= each == outcome::ended ? 1 : 0;
    model::check(went_on == 0 && it.is_set(), "all go on, and it stays set");
  }
};

/// Each set() lets one go on, who sets it for the next. A wait that was stopped leaves it set.
template <int Tasks, int Workers, int Stops>
struct one_for_each_set : cast<Tasks, Workers, Stops, 1> {
  magpie::event it{event_reset::automatic};
  model::plain<int> alone{0};  // two who go on at once race for it
  int went_on = 0;

  task<> root(int) {
    co_await it.wait();
    ++alone;
    ++went_on;
    it.set();
  }
  void outside(int) { it.set(); }
  void after(const outcomes<Tasks>& how) {
    for (outcome each : how) went_on -= each == outcome::ended ? 1 : 0;
    model::check(went_on == 0 && it.is_set(), "a wait that was stopped has taken nothing");
  }
};

/// The last who waits destroys it; the thread that counts down touches it no more (Y2).
struct a_latch_destroyed_by_who_waited : cast<1, 1, 0, 2> {
  magpie::latch* it = model::make_named<magpie::latch>("latch", std::size_t{2});
  model::plain<int> one{0};
  model::plain<int> other{0};

  task<> root(int) {
    co_await it->wait();
    model::check(one + other == 2, "what came before the count is seen");
    model::destroy(it);
  }
  void outside(int which) {
    (which == 0 ? one : other) = 1;
    it->count_down();
  }
  void after(const outcomes<1>&) {}
};

/// Tasks meet at a barrier, twice: nobody goes on before all are there and the phase's end was made.
template <int Workers, int Others>
struct two_phases : cast<2, Workers, 0, Others> {
  int phases = 0;
  model::plain<int> ends{0};
  std::array<model::plain<int>, 2> steps{};
  magpie::barrier it{2 + Others, [this] {
                       ++ends;
                       ++phases;
                     }};

  task<> root(int which) {
    auto& mine = steps[static_cast<std::size_t>(which)];
    const auto& theirs = steps[static_cast<std::size_t>(1 - which)];
    for (int i = 1; i <= 2; ++i) {
      mine = i;
      co_await it.arrive_and_wait();
      model::check(ends == 2 * i - 1, "the end of a phase comes before anybody goes on");
      model::check(theirs == i, "all have arrived");
      co_await it.arrive_and_wait();
    }
  }
  void outside(int) { it.arrive_and_drop(); }
  void after(const outcomes<2>&) { model::check(phases == 4, "as many ends as phases"); }
};

/// More come than a phase needs: who belongs to the next one is not taken for one of those that it ends.
struct in_pairs : cast<3, 2, 0, 1> {
  int came = 0;
  int went_on = 0;
  magpie::barrier it{2};

  task<> root(int) {
    ++came;
    co_await it.arrive_and_wait();
    ++went_on;
    model::check(went_on <= came / 2 * 2, "who goes on has met somebody");
  }
  void outside(int) {
    ++came;
    it.arrive_and_drop();
  }
  void after(const outcomes<3>&) {}
};

/// A task waits, and is stopped as the other side arrives. It has arrived, and the phase is over, or neither.
struct stopped_as_the_last_arrives : cast<1, 1, 1, 1> {
  int phases = 0;
  magpie::barrier it{2, [this] { ++phases; }};

  task<> root(int) { co_await it.arrive_and_wait(); }
  void outside(int) { it.arrive_and_drop(); }
  void after(const outcomes<1>& how) {
    model::check(phases == (how[0] == outcome::ended ? 1 : 0), "who was stopped in a barrier has not arrived");
  }
};

/// The first one arrives twice, and is stopped in the second phase at the latest, in which it stays alone.
struct stopped_in_a_later_phase : cast<2, 1, 2, 0> {
  magpie::barrier it{2};

  task<> root(int which) {
    co_await it.arrive_and_wait();
    if (which == 0) co_await it.arrive_and_wait();
  }
  void after(const outcomes<2>& how) { model::check(how[0] == outcome::cancelled, "it was alone"); }
};

}  // namespace event_model
