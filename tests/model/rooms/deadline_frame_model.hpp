#pragma once

#include <magpie/coroutine/blocked_task.hpp>
#include <magpie/coroutine/deadline_frame.hpp>
#include <magpie/gather.hpp>
#include <magpie/lockfree/source_word.hpp>
#include <magpie/lockfree/timer_heap.hpp>
#include <magpie/model/explore.hpp>
#include <magpie/task.hpp>
#include <magpie/timeout.hpp>

#include "scene_engine.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

/// Scenes for deadlines and blocked tasks (docs/protocols/timers.md, wait_block.md): magpie's own coroutines,
/// with_deadline(), blocked_task and deadline_frame, compiled against the model. What is ours is the worker's loop, the
/// queue, and the heap that the frames come from: a late touch of a waiter, a timer or a scope is a use after free.
namespace deadline_frame_model {

namespace model = magpie::model;
using namespace magpie::detail;  // the scenes stand in for the engine
using magpie::task;

inline constexpr std::int64_t soon = 1;  // the deadline; the scene's clock stands at 0 but for who fires
inline constexpr magpie::clock::time_point at_soon{magpie::clock::duration(soon)};

using engine = rooms::scene_engine<2>;

// A deadline by itself ------------------------------------------------------------------------------------------------

/// What the one who runs in it does before its end.
enum class inside : std::uint8_t { nothing, reschedules, reschedules_to_never, is_stopped };

/// deadline_frame alone: one side opens and closes it, and frees it as soon as it may; the other fires what is due (T1,
/// T3).
template <inside Does>
class opened_and_closed {
 public:
  static constexpr int threads = 2;

  opened_and_closed() {
    std::construct_at(&stop_epoch, scope::never_looked + 1);
    gather_atomics::put_back = nullptr;
  }
  void thread(int self) {
    if (self == 1) {
      while (ended_ == 0 && !where_.fire_due(soon)) atomics::pause();
      return;
    }
    frame* const f = model::make_named<frame>("deadline", *this);
    f->open(&outer_, scope::never_looked, where_, at_soon, {});
    f->ours = 1;
    if (Does == inside::is_stopped) f->timed.request_stop();
    if (Does == inside::reschedules || Does == inside::reschedules_to_never) {
      try {
        f->reschedule(Does == inside::reschedules ? at_soon : magpie::never);
      } catch (const magpie::usage_error&) {
        late_ = true;
      }
    }
    if (f->close()) return ended(f);
    while (resumed_.load(acquire) == 0) atomics::pause();
    ended(f);
  }
  void after() { model::check(ended_ == 1, "the one who waits did not go on once"); }

 private:
  struct frame final : deadline_frame {
    explicit frame(opened_and_closed& s) : whole(s) {}
    void resume_waiter(executor&) noexcept override {
      model::check(expired(), "who was resumed by a timer has expired");
      if ((timed.marks() & scope::linked) != 0) timed.leave();
      model::check(whole.resumed_.exchange(1, release) == 0, "resumed twice");
    }
    opened_and_closed& whole;
    model::plain<int> ours{0};
  };
  void ended(frame* f) {
    ++ended_;
    model::check(f->ours == 1, "the frame is ours again");
    if (late_) model::check(f->expired(), "a deadline that cannot be moved has expired");
    if (f->expired()) model::check(f->timed.stop_requested(), "who has expired was stopped");
    model::destroy(f);
  }

  engine where_;
  scope outer_;
  atomics::atomic<int> resumed_{0};
  bool late_ = false;
  int ended_ = 0;
};

// Tasks under deadlines -----------------------------------------------------------------------------------------------

struct boom {};

/// Something that happens outside, and one who waits for it.
class source_wait;
using source = source_word<source_wait>;

/// co_await of a source: as handle_wait does it.
class source_wait : public native_awaiter, private blocked_task {
 public:
  explicit source_wait(source& s) : awaited_(s) {}
  bool await_ready() const noexcept { return awaited_.has_fired(); }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend(h, 1);
  }
  void await_resume() { rethrow_refusal(); }

  static void fire(source& s) {
    source_wait* waiter = nullptr;
    if (s.fire(waiter) == source::fired::waiter) waiter->arrived(0);
  }

 private:
  void attach() noexcept override {
    attached_ = awaited_.attach(this) == source::attached::yes;
    if (!attached_) happened(0);
  }
  std::uint32_t detach() noexcept override;
  bool obtained() noexcept override { return awaited_.has_fired(); }
  const char* waits_for() const noexcept override { return "a source"; }

  source& awaited_;
  bool attached_ = false;
};

/// The scene's account of one execution.
struct account {
  source* outside = nullptr;
  engine* where = nullptr;
  int arrivals = 0;    // of the source, at a task that waited
  int deliveries = 0;  // to it
  int values = 0;
  int expiries = 0;
  int failures = 0;
};
inline account* now = nullptr;

inline std::uint32_t source_wait::detach() noexcept {
  if (!attached_ || awaited_.detach(this)) return 1;
  ++now->arrivals;
  return 0;
}

inline task<> waits(source& s) {
  co_await source_wait(s);
  ++now->deliveries;
}
inline task<> ends_at_once() { co_return; }
inline task<> fails() {
  if (now != nullptr) throw boom();
  co_return;
}

/// co_await with_deadline(soon, child), and how that ended.
template <class Child>
task<> under_deadline(Child child) {
  try {
    co_await magpie::with_deadline(at_soon, child());
    ++now->values;
  } catch (const magpie::timed_out&) {
    ++now->expiries;
  } catch (const boom&) {
    ++now->failures;
  }
}

// The trees, and how they may end. `fires`: the source happens. `stops`: the root is stopped from outside.
struct waits_for_nothing {
  static constexpr bool fires = false, stops = false, forks = false;
  static task<> root() {
    return under_deadline([] { return waits(*now->outside); });
  }
  static void ended(bool cancelled) {
    model::check(!cancelled && now->expiries == 1, "nothing but the deadline ends the wait");
  }
};
struct waits_for_a_source {
  static constexpr bool fires = true, stops = false, forks = false;
  static task<> root() { return waits_for_nothing::root(); }
  static void ended(bool cancelled) { model::check(!cancelled && now->values + now->expiries == 1, "one way to end"); }
};
struct is_stopped_from_outside {
  static constexpr bool fires = false, stops = true, forks = false;
  static task<> root() { return waits_for_nothing::root(); }
  static void ended(bool cancelled) { model::check((cancelled ? 1 : 0) + now->expiries == 1, "one way to end"); }
};
struct waits_for_a_source_and_is_stopped {
  static constexpr bool fires = true, stops = true, forks = false;
  static task<> root() { return waits_for_nothing::root(); }
  static void ended(bool cancelled) {
    model::check((cancelled ? 1 : 0) + now->values + now->expiries == 1, "one way to end");
  }
};
struct child_ends {
  static constexpr bool fires = false, stops = false, forks = false;
  static task<> root() { return under_deadline(ends_at_once); }
  static void ended(bool cancelled) {
    model::check(!cancelled && now->values + now->expiries == 1, "a value is delivered, unless its task was stopped");
  }
};
struct child_fails {
  static constexpr bool fires = false, stops = false, forks = false;
  static task<> root() { return under_deadline(fails); }
  static void ended(bool cancelled) {
    model::check(!cancelled && now->failures + now->expiries == 1, "an error is delivered");
  }
};
/// Two sleep below a gather's scope, which is below the deadline's: both are linked through the same scopes.
struct gather_of_two {
  static constexpr bool fires = true, stops = false, forks = true;
  static task<> both() {
    co_await magpie::gather(waits(*now->outside), waits(never_));
    model::check(false, "one of the two never happens");
  }
  static task<> root() {
    std::construct_at(&never_);
    return under_deadline(both);
  }
  static void ended(bool cancelled) {
    model::check(!cancelled && now->expiries == 1, "nothing but the deadline ends the wait");
  }
  static inline constinit source never_;
};

/// `Workers` workers; then one who fires timers, until it has found one or all has ended; then the source; then a stop.
template <class Tree, int Workers>
class scene {
 public:
  static constexpr int threads = Workers + 1 + (Tree::fires ? 1 : 0) + (Tree::stops ? 1 : 0);

  scene() {
    now = &account_;
    account_.outside = &source_;
    account_.where = &home_;
    gather_atomics::arrays_left = 99;
    std::construct_at(&stop_epoch, scope::never_looked + 1);
    gather_atomics::put_back = [](int thread) { current_worker = thread < Workers ? place[thread] : nullptr; };
    for (int i = 0; i < Workers; ++i) place[i] = &workers_[static_cast<std::size_t>(i)].emplace(home_, sleepers_, 4);
  }
  scene(const scene&) = delete;
  scene& operator=(const scene&) = delete;
  ~scene() { gather_atomics::put_back = nullptr; }

  void thread(int self) {
    current_worker = self < Workers ? place[self] : nullptr;
    if (self < Workers) return work(self);
    if (self == Workers) {
      while (!finished_ && !home_.fire_due(soon)) atomics::pause();
      return;
    }
    if (Tree::fires && self == Workers + 1) return source_wait::fire(source_);
    end_.own.request_stop();
  }
  void after() {
    model::check(ends_ == 1, "the root did not end once");
    model::check(account_.arrivals <= account_.deliveries, "what a task obtained is delivered, a stop or not");
    Tree::ended(end_.end == ending::cancelled);
  }

 private:
  struct end_of_all : boundary_join {
    explicit end_of_all(scene& s) noexcept : boundary_join(note), whole(s) {}
    static verdict note(boundary_join* join) noexcept {
      auto* self = static_cast<end_of_all*>(join);
      if ((self->own.marks() & scope::linked) != 0) self->own.leave();
      ++self->whole.ends_;
      self->whole.finished_ = true;
      return {std::noop_coroutine()};
    }
    scene& whole;
    scope own;
  };

  void work(int self) {
    worker_context& me = *place[self];
    set_stack_floor(me);
    if (self == 0) resume(me, begin(me));
    while (!finished_) {
      if (std::coroutine_handle<> h = find(me)) {
        resume(me, h);
      } else {
        atomics::pause();
      }
    }
  }
  std::coroutine_handle<> begin(worker_context& me) {
    task_coroutine root = Tree::root().take();
    end_.inside = &end_.own;
    promise_base& p = root.promise();
    p.join = &end_;
    p.result = &result_;
    p.kind = role::boundary;
    me.forks.raise_floor();
    me.quiet_epoch = scope::never_looked;
    return root;
  }
  std::coroutine_handle<> find(worker_context& me) {
    if (runnable* r = home_.take()) return start_queued(me, r);
    if (Tree::forks)
      if (gather_block* b = me.forks.take()) return start_stolen(me, b, entry_from::below);
    return {};
  }

  static inline std::array<worker_context*, Workers> place{};

  engine home_;
  parking_word<> sleepers_;
  std::array<std::optional<worker_context>, Workers> workers_;
  source source_;
  end_of_all end_{*this};
  result_slot<void> result_;
  bool finished_ = false;
  account account_;
  int ends_ = 0;
};

}  // namespace deadline_frame_model
