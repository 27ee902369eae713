#pragma once

#include <magpie/mutex.hpp>
#include <magpie/semaphore.hpp>
#include <magpie/shared_mutex.hpp>

#include "waiting_tasks.hpp"

/// Scenes of docs/protocols/sync.md for permits and locks: the shipped turn_wait, semaphore, mutex and shared_mutex.
namespace turn_wait_model {

using namespace waiting_tasks;

/// A permit comes from outside while a task asks for it, perhaps is stopped. It is the task's, or still there (Y1).
template <int Stops, int Workers = 1>
struct released_from_outside : cast<1, Workers, Stops, 1> {
  magpie::semaphore permits{0};
  int obtained = 0;

  task<> root(int) {
    auto permit = co_await permits.acquire();
    ++obtained;
    permit.forget();
  }
  void outside(int) { permits.release(); }
  void after(const outcomes<1>& how) {
    model::check((how[0] == outcome::ended) == (obtained == 1), "a wait that was stopped has taken nothing");
    model::check(permits.available() == (obtained == 1 ? 0u : 1u), "permits are conserved");
  }
};

/// Tasks need the one permit in turn; the first ones are stopped. Who gets it is alone with it, and gives it on.
template <int Tasks, int Workers, int Stops>
struct one_permit : cast<Tasks, Workers, Stops, 0> {
  magpie::semaphore permits{1};
  model::plain<int> alone{0};
  int obtained = 0;

  task<> root(int) {
    auto permit = co_await permits.acquire();
    ++alone;
    ++obtained;
  }
  void after(const outcomes<Tasks>& how) {
    int ended = 0;
    for (outcome each : how) ended += each == outcome::ended ? 1 : 0;
    model::check(alone == obtained && obtained == ended, "a wait that was stopped has taken nothing");
    model::check(permits.available() == 1, "permits are conserved");
  }
};

/// Who is granted destroys the semaphore; whoever released touches it no more (Y2).
struct destroyed_by_who_was_granted : cast<1, 1, 0, 1> {
  magpie::semaphore* permits = model::make_named<magpie::semaphore>("semaphore", std::size_t{0});

  task<> root(int) {
    auto permit = co_await permits->acquire();
    permit.forget();
    model::destroy(permits);
  }
  void outside(int) { permits->release(); }
  void after(const outcomes<1>&) {}
};

/// First come, first served: one worker begins both, so the second comes later (Y1, Y3).
template <int Stops>
struct in_the_order_of_their_coming : cast<2, 1, Stops, 1> {
  magpie::semaphore permits{0};
  bool first_is_through = false;
  int obtained = 0;

  task<> root(int which) {
    auto permit = co_await permits.acquire();
    ++obtained;
    if (which == 0) {
      first_is_through = true;
    } else if (Stops == 0) {
      model::check(first_is_through, "nobody overtakes");
    }
  }
  void outside(int) { permits.release(); }
  void after(const outcomes<2>& how) {
    model::check(obtained == (how[0] == outcome::ended ? 2 : 1), "a wait that was stopped has taken nothing");
    model::check(permits.available() == 1, "permits are conserved");
  }
};

/// Two permits at once for two who wait, and perhaps for one who does not wait (Y3).
template <bool Tries>
struct two_at_once : cast<2, 1, 0, 1> {
  magpie::semaphore permits{0};
  int obtained = 0;

  task<> root(int) {
    auto permit = co_await permits.acquire();
    ++obtained;
    permit.forget();
  }
  void outside(int) {
    permits.release(2);
    if (!Tries) return;
    if (auto permit = permits.try_acquire()) model::check(permits.available() <= 1, "no permit is there twice");
  }
  void after(const outcomes<2>&) {
    model::check(obtained == 2, "both go on");
    model::check(permits.available() == 0, "permits are conserved");
  }
};

/// A mutex excludes, whoever of the tasks is stopped, and a thread that tries besides.
template <int Tasks, int Workers, int Stops, int Others>
struct excluded : cast<Tasks, Workers, Stops, Others> {
  magpie::mutex lock;
  model::plain<int> count{0};
  int counted = 0;

  task<> root(int) {
    auto hold = co_await lock.lock();
    ++count;
    ++counted;
  }
  void outside(int) {
    if (auto hold = lock.try_lock()) {
      ++count;
      ++counted;
    }
  }
  void after(const outcomes<Tasks>&) {
    model::check(count == counted, "an increment was lost");
    model::check(lock.try_lock().owns_lock(), "it is free in the end");
  }
};

/// A thread holds it, and gives it to the task that waits; the task destroys it (Y2).
struct a_mutex_destroyed_by_who_was_granted : cast<1, 1, 0, 1> {
  magpie::mutex* lock = model::make_named<magpie::mutex>("mutex");
  model::plain<int> written{0};

  a_mutex_destroyed_by_who_was_granted() { lock->try_lock().forget(); }
  task<> root(int) {
    auto hold = co_await lock->lock();
    model::check(written == 1, "what was done under the lock is seen");
    hold.forget();
    model::destroy(lock);
  }
  void outside(int) {
    written = 1;
    lock->unlock();
  }
  void after(const outcomes<1>&) {}
};

/// A reader holds it. A writer waits, and gives up; the readers behind it go on beside the first, all at once (Y4).
struct a_writer_gives_up : cast<3, 1, 1, 0> {
  magpie::shared_mutex lock;
  int read = 0;

  a_writer_gives_up() { lock.try_lock_shared().forget(); }
  task<> root(int which) {
    if (which == 0) {
      auto alone = co_await lock.lock();
      model::check(false, "a writer and a reader at once");
    } else {
      auto hold = co_await lock.lock_shared();
      hold.forget();
      ++read;
    }
  }
  void after(const outcomes<3>& how) {
    model::check(how[0] == outcome::cancelled && read == 2, "who stood behind one that gave up goes on");
    model::check(!lock.try_lock() && lock.try_lock_shared(), "the readers have it still, and nobody waits");
  }
};

/// A writer, and readers behind it; the first reader lets go, and the writer is stopped perhaps.
template <int Readers, int Workers, int Stops>
struct written_between_reads : cast<1 + Readers, Workers, Stops, 1> {
  magpie::shared_mutex lock;
  model::plain<int> text{0};
  int written = 0;
  int reads = 0;

  written_between_reads() { lock.try_lock_shared().forget(); }
  task<> root(int which) {
    if (which == 0) {
      auto alone = co_await lock.lock();
      ++text;
      ++written;
    } else {
      auto hold = co_await lock.lock_shared();
      model::check(text == written, "who reads sees what was written");
      if (Workers == 1 && Stops == 0) model::check(written == 1, "nobody overtakes");
      ++reads;
    }
  }
  void outside(int) {
    model::check(text == 0, "nobody writes while somebody reads");
    lock.unlock_shared();
  }
  void after(const outcomes<1 + Readers>& how) {
    model::check(written == (how[0] == outcome::ended ? 1 : 0) && reads == Readers, "each has had its turn");
    model::check(lock.try_lock().owns_lock(), "it is free in the end");
  }
};

/// A reader that comes while a writer stands in line, or has its turn, does not get in by trying (Y3).
struct who_tries_does_not_overtake : cast<2, 1, 0, 1> {
  magpie::shared_mutex lock;
  model::plain<int> text{0};

  who_tries_does_not_overtake() { lock.try_lock_shared().forget(); }
  task<> root(int which) {
    if (which == 0) {
      auto alone = co_await lock.lock();
      text = 1;
    } else {
      const auto second = lock.try_lock_shared();
      model::check(!second || text == 1, "nobody overtakes");
    }
  }
  void outside(int) { lock.unlock_shared(); }
  void after(const outcomes<2>&) { model::check(text == 1 && lock.try_lock().owns_lock(), "it is free in the end"); }
};

}  // namespace turn_wait_model
