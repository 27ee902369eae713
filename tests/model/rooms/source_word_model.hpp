#pragma once

#include <magpie/lockfree/source_word.hpp>
#include <magpie/lockfree/wake_flag.hpp>
#include <magpie/model/explore.hpp>

#include <cstdint>

/// Scenes for the source word (docs/protocols/source_word.md). Each has a task, which fires once, and the one who holds
/// its handle; they end as src/spawned.cpp makes them end.
namespace source_word_model {

namespace model = magpie::model;
using magpie::detail::acquire;
using magpie::detail::release;

/// The futex, which knows a word that is to be woken by its address only; a timed sleep may end at any moment, once.
struct futex_by_address {
  static void wait(model::atomic<std::uint32_t>& w, std::uint32_t expected) { model::futex::wait(w, expected); }
  static bool wait_until(model::atomic<std::uint32_t>& w, std::uint32_t expected, std::int64_t) {
    return model::futex::wait_for_some_time(w, expected) != model::futex::result::timed_out;
  }
  static void wake_one(model::atomic<std::uint32_t>& w) { model::futex::wake_by_address(&w, 1); }
};

/// The one who waits: a tracked object, gone as soon as its waiter sees it arrived.
struct node {
  explicit node(int which) : who(which) {}
  model::plain<int> who;
  magpie::detail::wake_flag<model::atomics, futex_by_address> flag;
};
using word = magpie::detail::source_word<node, model::atomics>;

/// A spawned task as far as its handle knows it: a tracked object, which exactly one side frees (E3).
struct spawned {
  model::plain<int> result{0};
  model::plain<int> looked_at{0};  // by the holder of the handle
  word done;
};

/// The counts are bookkeeping of a scene, not of the protocol.
struct fixture {
  spawned* task = model::make_named<spawned>("task");
  int arrivals = 0;
  int frees = 0;

  void free() {
    ++frees;
    // The free touches all, so it races with whatever is not ordered before it.
    task->result = -1;
    task->looked_at = -1;
    model::destroy(task);
  }

  /// The end of the task: on_end().
  void fire() {
    spawned* self = task;
    self->result = 42;
    node* waiter = nullptr;
    switch (self->done.fire(waiter)) {  // *self may be gone, unless it was abandoned
      case word::fired::unheard:
        break;
      case word::fired::waiter:
        arrive(waiter);
        break;
      case word::fired::abandoned:
        free();
        break;
    }
  }
  /// As blocked_thread::wake().
  void arrive(node* waiter) {
    ++arrivals;
    model::check(waiter->who == 1, "somebody else's node arrived");
    waiter->flag.raise();  // E4. *waiter may be gone
  }

  void take() {
    model::check(task->result == 42, "fired without a result");
    free();
  }
  void abandon() {
    task->looked_at = 1;
    if (task->done.abandon()) {
      model::check(task->result == 42, "fired without a result");
      free();
    }
  }

  enum class patience : std::uint8_t { endless, timed };
  /// As block_until() with a node on the stack. True: it has ended.
  bool wait(patience how, int who = 1) {
    task->looked_at = 1;
    node* me = model::make_named<node>("node", who);
    bool ended = true;
    switch (task->done.attach(me)) {
      case word::attached::fired_already:
        break;
      case word::attached::somebody_waits:
        model::check(false, "a waiter where there was none");
        break;
      case word::attached::yes:
        if (how == patience::timed && !me->flag.wait_until(0) && task->done.detach(me)) {
          ended = false;
          break;
        }
        me->flag.wait();
        break;
    }
    me->who = 0;
    model::destroy(me);
    return ended;
  }

  void after(int expected_arrivals) {
    model::check(frees == 1, "not freed once");
    model::check(arrivals <= expected_arrivals, "too many arrivals");
  }
};

/// What the holder of the handle does while the task ends.
enum class holder : std::uint8_t { abandons, takes, waits, waits_timed, gives_up, waits_again, polls };

template <holder Does>
struct holder_and_task {
  static constexpr int threads = 2;
  fixture it;

  void thread(int self) {
    if (self == 0) return it.fire();
    using enum fixture::patience;
    switch (Does) {
      case holder::abandons:
        it.abandon();
        break;
      case holder::takes:  // without waiting: as a coroutine that found it ready
        it.task->looked_at = 1;
        if (it.task->done.has_fired()) {
          it.take();
        } else {
          it.abandon();
        }
        break;
      case holder::waits:
        model::check(it.wait(endless), "woken before the end");
        it.take();
        break;
      case holder::waits_timed:
        if (it.wait(timed)) {
          it.take();
        } else {
          model::check(it.wait(endless), "woken before the end");
          it.take();
        }
        break;
      case holder::gives_up:
        if (it.wait(timed)) {
          it.take();
        } else {
          it.abandon();
        }
        break;
      case holder::waits_again:
        if (!it.wait(timed) && !it.wait(timed)) {
          it.abandon();
        } else {
          it.take();
        }
        break;
      case holder::polls:
        while (!it.task->done.has_fired()) model::atomics::pause();
        it.take();
        break;
    }
  }
  void after() { it.after(1); }
};

/// A second waiter, who may come first: one of them is told, and nothing changes for the other. The word is the
/// scene's own: two who share a handle agree elsewhere on who frees it.
struct two_waiters {
  static constexpr int threads = 3;
  word done;
  model::plain<int> result{0};
  int arrivals = 0;
  int refused = 0;
  int ready = 0;

  void thread(int self) {
    if (self == 0) {
      result = 42;
      node* waiter = nullptr;
      model::check(done.fire(waiter) != word::fired::abandoned, "abandoned by nobody");
      if (waiter == nullptr) return;
      ++arrivals;
      model::check(waiter->who > 0, "a node that is gone");
      waiter->flag.raise();  // E4
      return;
    }
    node* me = model::make_named<node>("node", self);
    switch (done.attach(me)) {
      case word::attached::yes:
        // The waiter that a relaxed look finds is at least our own.
        model::check(done.waited_on() || done.has_fired(), "nobody waits, although we do");
        while (!me->flag.is_raised()) model::atomics::pause();
        model::check(result == 42, "arrived without a result");
        break;
      case word::attached::fired_already:
        ++ready;
        model::check(result == 42, "fired without a result");
        break;
      case word::attached::somebody_waits:
        ++refused;
        break;
    }
    me->who = 0;
    model::destroy(me);
  }
  void after() {
    model::check(arrivals + ready + refused == 2, "a waiter was forgotten");
    model::check(arrivals <= 1 && refused <= 1, "two nodes in one word");
    model::check(done.has_fired(), "not fired");
  }
};

/// Nobody fires: who leaves has left, and the next one may come.
struct nothing_happens {
  static constexpr int threads = 1;
  word done;

  void thread(int) {
    node me{1};
    for (int i = 0; i < 2; ++i) {
      model::check(!done.has_fired() && !done.waited_on(), "not as it was made");
      model::check(done.attach(&me) == word::attached::yes, "no place for a waiter");
      model::check(done.waited_on(), "nobody waits, although we do");
      model::check(done.detach(&me), "nobody fired, and still the node was gone");
    }
  }
};

/// A waiter leaves and the next one comes, on another thread, while the task ends: the handle was moved between them.
struct handle_moves {
  static constexpr int threads = 3;
  fixture it;
  model::atomic<int> moved{0};

  void thread(int self) {
    using enum fixture::patience;
    if (self == 0) return it.fire();
    if (self == 1) {
      const bool ended = it.wait(timed);
      moved.store(ended ? 2 : 1, release);
      model::futex::wake(moved, 1);
      return;
    }
    int how = 0;
    while ((how = moved.load(acquire)) == 0) model::futex::wait(moved, 0);
    if (how == 1) model::check(it.wait(endless), "woken before the end");
    it.take();
  }
  void after() { it.after(1); }
};

}  // namespace source_word_model
