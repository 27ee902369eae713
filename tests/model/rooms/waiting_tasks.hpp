#pragma once

#include <magpie/coroutine/scope.hpp>
#include <magpie/model/explore.hpp>
#include <magpie/task.hpp>

#include "scene_engine.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>

/// Scenes for tasks that wait for locks, events and channels (docs/protocols/sync.md): magpie's own coroutines and all
/// that is below them, compiled against the model. What is ours is the worker's loop, the queue, and the heap that
/// frames come from: a late touch of a waiter is a use after free.
namespace waiting_tasks {

namespace model = magpie::model;
using namespace magpie::detail;  // the scenes stand in for the engine
using magpie::task;

using engine = rooms::scene_engine<3>;

/// How a task ended, as its waiter sees it.
enum class outcome : std::uint8_t { running, ended, cancelled };

/// What a play knows of its tasks.
template <int Tasks>
using outcomes = std::array<outcome, static_cast<std::size_t>(Tasks)>;

/// A play has `tasks`, the first ones of which are stopped, `stops` of them, each by a thread of its own; `workers`
/// that run them; and `others`, threads from outside, which are workers too, in whose place the play acts, if
/// `others_are_workers`. It may be made with the engine. Its
///
///     task<> root(int which);                     // what a task does
///     void outside(int which);                    // what a thread does, if there are any
///     void after(const outcomes<tasks>& ended);   // what must hold
///
/// A task belongs to worker which % workers at first; each worker begins its tasks one after the other.
template <class Play>
class scene {
 public:
  static constexpr int threads = Play::workers + Play::stops + Play::others;

  scene() {
    gather_atomics::arrays_left = 99;
    std::construct_at(&stop_epoch, scope::never_looked + 1);
    gather_atomics::put_back = [](int thread) { current_worker = worker_of(thread); };
    for (std::size_t i = 0; i < contexts; ++i) place[i] = &workers_[i].emplace(home_, sleepers_, 4);
  }
  scene(const scene&) = delete;
  scene& operator=(const scene&) = delete;
  ~scene() { gather_atomics::put_back = nullptr; }

  void thread(int self) {
    current_worker = worker_of(self);
    if (self < Play::workers) return work(self);
    self -= Play::workers;
    if (self < Play::stops) {
      roots_[static_cast<std::size_t>(self)].own.request_stop();
    } else if constexpr (Play::others > 0) {
      play_.outside(self - Play::stops);
    }
  }
  void after() {
    outcomes<Play::tasks> ended{};
    for (std::size_t i = 0; i < roots_.size(); ++i) {
      ended[i] = roots_[i].seen;
      model::check(ended[i] != outcome::cancelled || i < Play::stops, "who was not stopped ends by itself");
    }
    play_.after(ended);
  }

 private:
  struct root : boundary_join {
    root() noexcept : boundary_join(note) {}
    static verdict note(boundary_join* join) noexcept {
      auto* self = static_cast<root*>(join);
      if ((self->own.marks() & scope::linked) != 0) self->own.leave();
      model::check(self->seen == outcome::running, "a task ended twice");
      self->seen = self->end == ending::cancelled ? outcome::cancelled : outcome::ended;
      return {std::noop_coroutine()};
    }
    scope own;
    result_slot<void> result;
    outcome seen = outcome::running;
  };

  static worker_context* worker_of(int thread) {
    if (thread < Play::workers) return place[static_cast<std::size_t>(thread)];
    const int other = thread - Play::workers - Play::stops;
    if (!Play::others_are_workers || other < 0) return nullptr;
    return place[static_cast<std::size_t>(Play::workers + other)];
  }
  static Play made(engine& home) {
    if constexpr (std::constructible_from<Play, engine&>) {
      return Play(home);
    } else {
      return Play();
    }
  }

  bool all_have_ended() const {
    for (const root& each : roots_)
      if (each.seen == outcome::running) return false;
    return true;
  }
  void work(int self) {
    worker_context& me = *current_worker;
    set_stack_floor(me);
    for (int i = self; i < Play::tasks; i += Play::workers) resume(me, begin(me, i));
    while (!all_have_ended()) {
      if (runnable* r = home_.take()) {
        resume(me, start_queued(me, r));
      } else {
        atomics::pause();
      }
    }
  }
  std::coroutine_handle<> begin(worker_context& me, int which) {
    root& r = roots_[static_cast<std::size_t>(which)];
    task_coroutine first = play_.root(which).take();
    r.inside = &r.own;
    promise_base& p = first.promise();
    p.join = &r;
    p.result = &r.result;
    p.kind = role::boundary;
    me.quiet_epoch = scope::never_looked;
    return first;
  }

  static constexpr std::size_t contexts = Play::workers + (Play::others_are_workers ? Play::others : 0);
  static inline std::array<worker_context*, contexts> place{};

  engine home_;
  parking_word<> sleepers_;
  std::array<std::optional<worker_context>, contexts> workers_;
  std::array<root, Play::tasks> roots_;
  Play play_ = made(home_);
};

/// The numbers of a play.
template <int Tasks, int Workers, int Stops, int Others>
struct cast {
  static constexpr int tasks = Tasks, workers = Workers, stops = Stops, others = Others;
  static constexpr bool others_are_workers = false;
};

}  // namespace waiting_tasks
