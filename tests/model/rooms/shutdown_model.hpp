#pragma once

#include <magpie/base/tally.hpp>
#include <magpie/lockfree/finish_line.hpp>
#include <magpie/lockfree/foreign_gate.hpp>
#include <magpie/lockfree/injection_queue.hpp>
#include <magpie/lockfree/loans.hpp>

#include "handed_items.hpp"
#include "modelled_sleep.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

/// Scenes of docs/protocols/shutdown.md: a pool made of the shipped gate, finish line, sleepers and injection queue. It
/// is a tracked object, so that whoever touches it after its end is found.
namespace rooms {

/// What a thread's end and its join stand for: they touch the pool no more.
template <unsigned Workers>
class departures {
 public:
  void leave(unsigned index) {
    left_[index].store(1, std::memory_order_release);
    model::futex::wake_all(left_[index]);
  }
  void join() {
    for (auto& each : left_)
      while (each.load(std::memory_order_acquire) == 0) model::futex::wait(each, std::uint32_t{0});
  }

 private:
  std::array<model::atomic<std::uint32_t>, Workers> left_;
};

/// src/pool.cpp and src/worker.cpp, as far as the end concerns them.
template <unsigned Workers>
class small_pool {
 public:
  // The crew that sleepers ask for.
  unsigned size() const { return Workers; }
  modelled_parking_word& word() { return word_; }
  endless_sleeper& sleeper_of(unsigned index) { return members_[index].sleep; }
  bool has_visible_work() const { return !injected_.looks_empty(); }
  bool all_ended() {
    if (finish_.is_drawn()) compare_counts();
    return finish_.is_passed();
  }

  // No timers here.
  std::int64_t wake_time(unsigned) { return magpie::detail::no_deadline; }
  void time_has_come(unsigned) {}
  void risen(unsigned) {}

  // A foreign thread.
  bool start(item* it) {
    gate_.enter();
    if (!gate_.is_open()) {
      gate_.leave();
      return false;
    }
    injected_.push(it);
    endless_sleeper::wake_one(*this);
    gate_.leave_having_started();
    return true;
  }
  template <class Run>
  bool run_here(item* it, Run run) {
    gate_.enter();
    if (!gate_.is_open()) {
      gate_.leave();
      return false;
    }
    const std::optional<unsigned> borrowed = endless_sleeper::borrow(*this);
    if (!borrowed) {
      injected_.push(it);
      endless_sleeper::wake_one(*this);
      gate_.leave_having_started();
      return true;
    }
    loans_.begin();
    gate_.leave_having_started();
    run_on_loan(*borrowed, it, run);
    return true;
  }
  void kept() { gate_.enter(); }
  /// Kept until then.
  template <class Run>
  void run_if_next(item* it, Run run) {
    std::optional<unsigned> borrowed;
    const auto borrow = [&] { return (borrowed = endless_sleeper::borrow(*this)).has_value(); };
    const bool taken = gate_.is_open() && injected_.take_if_first(it, borrow);
    if (!borrowed) return gate_.leave();
    if (!taken) {
      endless_sleeper::give_back(*this, *borrowed);
      return gate_.leave();
    }
    loans_.begin();
    gate_.leave();
    run_on_loan(*borrowed, it, run);
  }
  void enqueue(item* it) {
    gate_.enter();
    injected_.push(it);
    endless_sleeper::wake_one(*this);
    gate_.leave();
  }

  // On worker `index`.
  bool start_within(unsigned index, item* it) {
    if (!gate_.looks_open()) return false;
    members_[index].started.add();
    injected_.push(it);
    endless_sleeper::wake_one(*this);
    return true;
  }
  void ended(unsigned index) { members_[index].ended.add(); }

  template <class Run>
  void work(unsigned index, Run run) {
    for (int sleeps = 0;;) {
      item* found = nullptr;
      injected_.take(1, [&](item* it) { found = it; });
      if (found != nullptr) {
        sleeper_of(index).found_work(*this);
        run(found);
      } else if (finish_.is_passed()) {
        break;
      } else {
        if (++sleeps > 2) model::atomics::pause();  // a producer stands between its steps
        sleeper_of(index).sleep(*this, index);
      }
    }
  }

  template <class Join>
  void shut_down(Join join) {
    const auto wait = [](unsigned) { model::atomics::pause(); };
    gate_.close();
    gate_.wait_until_empty(wait);
    finish_.draw();
    compare_counts();
    join();
    gate_.wait_until_empty(wait);
  }

 private:
  struct member {
    endless_sleeper sleep;
    detail::tally<model::atomics> started;
    detail::tally<model::atomics> ended;
  };

  template <class Run>
  void run_on_loan(unsigned index, item* it, Run run) {
    run(index, it);
    gate_.enter();
    endless_sleeper::give_back(*this, index);
    loans_.end();
    if (finish_.is_drawn()) compare_counts();
    gate_.leave();
  }
  void compare_counts() {
    finish_.compare(
        [this] {
          static_cast<void>(word_.parked());
          std::uint64_t sum = loans_.ended();
          for (const member& each : members_) sum += each.ended.read();
          return sum;
        },
        [this] {
          std::uint64_t sum = gate_.started() + loans_.begun();
          for (const member& each : members_) sum += each.started.read();
          return sum;
        },
        [this] {
          for (member& each : members_) each.sleep.signal(endless_sleeper::news::end);
        });
  }

  modelled_parking_word word_;
  detail::injection_queue<item, model::atomics> injected_;
  detail::foreign_gate<model::atomics> gate_;
  detail::finish_line<model::atomics> finish_;
  detail::loans<model::atomics> loans_;
  std::array<member, Workers> members_;
};

/// A pool, and the threads that run it.
template <unsigned Workers>
struct pool_scene {
  small_pool<Workers>* pool = model::make_named<small_pool<Workers>>("pool");
  departures<Workers> left;

  void end() {
    pool->shut_down([this] { left.join(); });
  }
  template <class Run>
  void work(int index, Run run) {
    pool->work(static_cast<unsigned>(index), [&](item* it) { run(static_cast<unsigned>(index), it); });
    left.leave(static_cast<unsigned>(index));
  }
};

/// Thread 0 ends the pool, thread 1 starts a task from outside, the others are the workers. A start is refused, or the
/// task has run (Z1).
template <unsigned Workers>
struct started_against_the_end : pool_scene<Workers> {
  static constexpr int threads = 2 + static_cast<int>(Workers);

  ledger<1> book;
  int ran = 0;
  bool accepted = false;

  void thread(int self) {
    if (self == 0) return this->end();
    if (self == 1) {
      accepted = this->pool->start(book.make(0));
      return;
    }
    this->work(self - 2, [this](unsigned index, item* it) {
      book.got(it);
      ++ran;
      this->pool->ended(index);
    });
  }
  void after() {
    model::check(ran == (accepted ? 1 : 0), "a task ran exactly if it was accepted");
    model::destroy(this->pool);
  }
};

/// Thread 1 runs its task itself if a worker sleeps, in that one's place (Z4).
template <unsigned Workers>
struct borrowed_against_the_end : pool_scene<Workers> {
  static constexpr int threads = 2 + static_cast<int>(Workers);

  ledger<1> book;
  model::plain<int> written;  // by the task, read after the end
  bool ran = false;
  bool accepted = false;

  void thread(int self) {
    const auto run = [this](unsigned index, item* it) {
      book.got(it);
      written = 1;
      ran = true;
      this->pool->ended(index);
    };
    if (self == 0) {
      this->end();
      if (ran) model::check(written == 1, "what the task wrote is visible after the end");
    } else if (self == 1) {
      accepted = this->pool->run_here(book.make(0), run);
    } else {
      this->work(self - 2, run);
    }
  }
  void after() {
    model::check(ran == accepted, "a task ran exactly if it was accepted");
    model::destroy(this->pool);
  }
};

/// As above, but the task has the pool ended, and then it is gone: the borrower has left by then (Z4).
template <unsigned Workers>
struct ended_by_what_a_borrower_ran : pool_scene<Workers> {
  static constexpr int threads = 2 + static_cast<int>(Workers);

  ledger<1> book;
  model::atomic<std::uint32_t> asked{0};

  void thread(int self) {
    const auto run = [this](unsigned index, item* it) {
      book.got(it);
      asked.store(1, std::memory_order_release);
      model::futex::wake_all(asked);
      this->pool->ended(index);
    };
    if (self == 0) {
      while (asked.load(std::memory_order_acquire) == 0) model::futex::wait(asked, std::uint32_t{0});
      this->end();
      model::destroy(this->pool);
    } else if (self == 1) {
      model::check(this->pool->run_here(book.make(0), run), "the pool is open");
    } else {
      this->work(self - 2, run);
    }
  }
  void after() { book.all_came_out(); }
};

/// As above, but the task that was started has the pool ended, and then it is gone: the thread that started it may
/// still be on its way out (Z1).
template <unsigned Workers>
struct ended_by_what_was_started : pool_scene<Workers> {
  static constexpr int threads = 2 + static_cast<int>(Workers);

  ledger<1> book;
  model::atomic<std::uint32_t> asked{0};

  void thread(int self) {
    if (self == 0) {
      while (asked.load(std::memory_order_acquire) == 0) model::futex::wait(asked, std::uint32_t{0});
      this->end();
      model::destroy(this->pool);
    } else if (self == 1) {
      model::check(this->pool->start(book.make(0)), "the pool is open");
    } else {
      this->work(self - 2, [this](unsigned index, item* it) {
        book.got(it);
        asked.store(1, std::memory_order_release);
        model::futex::wake_all(asked);
        this->pool->ended(index);
      });
    }
  }
  void after() { book.all_came_out(); }
};

/// src/process_bound.cpp: which pools are there, by their addresses.
enum class keeping : std::uint8_t { under_the_lock, after_a_look };

template <class Pool, keeping How>
class list_of_pools {
 public:
  void announce(Pool* p) { listed_ = p; }
  void withdraw() {
    guard_.lock();
    listed_ = nullptr;
    guard_.unlock();
  }
  bool keep(Pool* address) {
    guard_.lock();
    const bool there = listed_ == address;
    if (How == keeping::under_the_lock && there) address->kept();
    guard_.unlock();
    if (How == keeping::after_a_look && there) address->kept();
    return there;
  }

 private:
  model::mutex guard_;
  Pool* listed_ = nullptr;  // guarded
};

/// Thread 1 waits for a task that it has started, and runs it itself, in the place of a worker that sleeps, if nobody
/// has begun it. Meanwhile thread 0 ends the pool, which is gone then; the task may have ended long before (Z5).
template <unsigned Workers, keeping How = keeping::under_the_lock>
struct waited_for_against_the_end : pool_scene<Workers> {
  static constexpr int threads = 2 + static_cast<int>(Workers);

  list_of_pools<small_pool<Workers>, How> pools;
  ledger<1> book;
  model::atomic<std::uint32_t> started{0};
  int ran = 0;

  waited_for_against_the_end() { pools.announce(this->pool); }

  void thread(int self) {
    const auto run = [this](unsigned index, item* it) {
      book.got(it);
      ++ran;
      this->pool->ended(index);
    };
    if (self == 0) {
      while (started.load(std::memory_order_acquire) == 0) model::futex::wait(started, std::uint32_t{0});
      pools.withdraw();
      this->end();
      model::check(ran == 1, "the pool ends after the task");
      model::destroy(this->pool);
    } else if (self == 1) {
      item* const mine = book.make(0);
      model::check(this->pool->start(mine), "the pool is open");
      started.store(1, std::memory_order_release);
      model::futex::wake_all(started);
      if (pools.keep(this->pool)) this->pool->run_if_next(mine, run);
    } else {
      this->work(self - 2, run);
    }
  }
  void after() { book.all_came_out(); }
};

/// A task waits for thread 1, which makes it go on. The pool is gone as soon as thread 0 has ended it, and so is the
/// task; thread 1 has left by then (Z1).
template <unsigned Workers>
struct resumed_against_the_end : pool_scene<Workers> {
  static constexpr int threads = 2 + static_cast<int>(Workers);

  ledger<1> book;
  model::atomic<std::uint32_t> waits{0};
  int ran = 0;

  resumed_against_the_end() { model::check(this->pool->start(book.make(0)), "the pool is open"); }

  void thread(int self) {
    if (self == 0) {
      this->end();
      model::destroy(this->pool);
    } else if (self == 1) {
      while (waits.load(std::memory_order_acquire) == 0) model::futex::wait(waits, std::uint32_t{0});
      this->pool->enqueue(book.make(0));
    } else {
      this->work(self - 2, [this](unsigned index, item* it) { run(index, it); });
    }
  }
  void run(unsigned index, item* it) {
    book.got(it);
    if (ran++ != 0) return this->pool->ended(index);
    waits.store(1, std::memory_order_release);
    model::futex::wake_all(waits);
  }
  void after() { model::check(ran == 2, "the task ran to its end"); }
};

/// A task starts another, and perhaps ends on one worker while that runs on the next one (Z2, Z3).
template <unsigned Workers>
struct started_within_at_the_end : pool_scene<Workers> {
  static constexpr int threads = 1 + static_cast<int>(Workers);

  ledger<2> book;
  model::plain<int> written;  // by the last task, read after the end
  int ran = 0;
  bool accepted = true;

  started_within_at_the_end() { model::check(this->pool->start(book.make(0)), "the pool is open"); }

  void thread(int self) {
    if (self != 0) return this->work(self - 1, [this](unsigned index, item* it) { run(index, it); });
    this->end();
    model::check(ran == (accepted ? 2 : 1), "all that was started has ended");
    model::check(!accepted || written == 1, "what tasks wrote is visible after the end");
    model::destroy(this->pool);
  }
  void run(unsigned index, item* it) {
    if (book.got(it) == 0) {
      item* second = book.make(1);
      accepted = this->pool->start_within(index, second);
      if (!accepted) book.got(second);
    } else {
      written = 1;
    }
    ++ran;
    this->pool->ended(index);
  }
};

/// Nothing ever ran: the workers lie down while the end comes (Z3).
template <unsigned Workers>
struct ended_while_lying_down : pool_scene<Workers> {
  static constexpr int threads = 1 + static_cast<int>(Workers);

  void thread(int self) {
    if (self != 0) return this->work(self - 1, [](unsigned, item*) { model::check(false, "there is no task"); });
    this->end();
    model::destroy(this->pool);
  }
};

}  // namespace rooms
