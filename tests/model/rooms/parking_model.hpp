#pragma once

#include <magpie/lockfree/fork_deque.hpp>
#include <magpie/lockfree/injection_queue.hpp>
#include <magpie/lockfree/run_queue.hpp>

#include "handed_items.hpp"
#include "modelled_sleep.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

/// Scenes of docs/protocols/parking.md: the shipped sleeper and parking word over the shipped queues.
///
/// No runnable task while all sleep: a task that nobody comes for is a sleeper that nobody wakes, and that is what the
/// model calls a deadlock. The scene ends when all tasks have run; whoever runs the last one signals the end.
namespace rooms {

/// The pool as far as sleep is concerned. `Scene` says where its tasks stand: find(worker) and has_visible_work();
/// and whether some of them can be seen before they can be taken.
template <class Scene, class Sleeper, unsigned Workers, std::size_t Tasks>
class crew {
 public:
  unsigned size() const { return Workers; }
  modelled_parking_word& word() { return word_; }
  Sleeper& sleeper_of(unsigned index) { return sleepers_[index]; }
  bool all_ended() { return over_.load(std::memory_order_acquire); }
  // No timers here.
  std::int64_t wake_time(unsigned) { return magpie::detail::no_deadline; }
  void time_has_come(unsigned) {}
  void risen(unsigned) {}

 protected:
  ledger<Tasks> book;

  void wake_one() { Sleeper::wake_one(scene()); }

  /// worker::find_or_rest(), and the task that was found.
  void work(unsigned index) {
    bool worked = false;
    for (int sleeps = 0;;) {
      if (item* it = scene().find(index)) {
        sleepers_[index].found_work(scene());
        worked = true;
        run(it);
      } else if (worked && sleepers_[index].start_searching(scene(), 1)) {
        worked = false;  // once more, as its time is up then
      } else if (over_.load(std::memory_order_acquire)) {
        return;
      } else {
        worked = false;
        // A task that can be seen and not yet be reached keeps a worker awake: its producer stands between two steps.
        if (sleeps > 1 && Scene::can_be_out_of_reach) model::atomics::pause();
        model::check(++sleeps <= 4 || Scene::can_be_out_of_reach, "somebody spins, though there is nothing to do");
        sleepers_[index].sleep(scene(), index);
      }
    }
  }
  void run(item* it) {
    const std::size_t i = book.got(it);
    if constexpr (requires { scene().runs(i); }) scene().runs(i);
    done_[i].store(1, std::memory_order_release);
    model::futex::wake_all(done_[i]);
    if (ran_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<int>(Tasks)) {
      over_.store(true, std::memory_order_release);
      for (Sleeper& each : sleepers_) each.signal(Sleeper::news::end);
    }
  }
  /// A task that computes until task i has run: it does not come to its queues.
  void busy_until_done(std::size_t i) {
    while (done_[i].load(std::memory_order_acquire) == 0) model::futex::wait(done_[i], std::uint32_t{0});
  }

 private:
  Scene& scene() { return static_cast<Scene&>(*this); }

  modelled_parking_word word_;
  std::array<Sleeper, Workers> sleepers_;
  std::array<model::atomic<std::uint32_t>, Tasks> done_;
  model::atomic<int> ran_{0};
  model::atomic<bool> over_{false};
};

/// Foreign threads publish, workers come, find nothing, lie down (P1, P2, P3, P5), and no time-out helps. Threads 0 ..
/// Publishers - 1 publish.
template <int Publishers, unsigned Workers, std::size_t TasksEach>
struct published_from_outside
    : crew<published_from_outside<Publishers, Workers, TasksEach>, endless_sleeper, Workers, Publishers * TasksEach> {
  static constexpr int threads = Publishers + static_cast<int>(Workers);

  static constexpr bool can_be_out_of_reach = true;

  detail::injection_queue<item, model::atomics> injected;

  void thread(int self) {
    if (self >= Publishers) return this->work(static_cast<unsigned>(self - Publishers));
    for (std::size_t i = 0; i < TasksEach; ++i) {
      injected.push(this->book.make(static_cast<std::size_t>(self) * TasksEach + i));
      this->wake_one();
    }
  }
  item* find(unsigned) {
    item* found = nullptr;
    injected.take(1, [&](item* it) { found = it; });
    return found;
  }
  bool has_visible_work() const { return !injected.looks_empty(); }
  void after() { this->book.all_came_out(); }
};

/// A crew with one queue that all share, whose workers' places are also taken by threads outside (P7): what belongs to
/// a worker alone is touched by one at a time, in order. Threads 0 and 1 are outside.
template <class Scene, unsigned Workers>
struct lending_crew : crew<Scene, endless_sleeper, Workers, 3> {
  static constexpr int threads = 2 + static_cast<int>(Workers);
  static constexpr bool can_be_out_of_reach = true;

  detail::injection_queue<item, model::atomics> injected;
  std::array<model::plain<int>, Workers> own;

  item* publish(std::size_t i) {
    item* const it = this->book.make(i);
    injected.push(it);
    this->wake_one();
    return it;
  }
  item* find(unsigned index) {
    own[index] = own[index] + 1;
    item* found = nullptr;
    injected.take(1, [&](item* it) { found = it; });
    return found;
  }
  bool has_visible_work() const { return !injected.looks_empty(); }
  void after() { this->book.all_came_out(); }
};

/// Thread 0 publishes, while thread 1 takes the place of a worker if one sleeps, leaves a task there, and gives the
/// place back (P7). The borrower runs a task, too: the end does not come before the place is given back.
template <unsigned Workers>
struct borrowed : lending_crew<borrowed<Workers>, Workers> {
  void thread(int self) {
    if (self >= 2) return this->work(static_cast<unsigned>(self - 2));
    if (self == 0) return static_cast<void>(this->publish(0));
    item* const root = this->book.make(2);
    this->injected.push(this->book.make(1));
    if (const auto index = endless_sleeper::borrow(*this)) {
      this->own[*index] = this->own[*index] + 1;
      endless_sleeper::give_back(*this, *index);
    } else {
      this->wake_one();
    }
    this->run(root);
  }
};

/// Thread 0 publishes a task that it waits for, and takes it back if nobody was faster, in the place of a worker that
/// sleeps (P7); thread 1 publishes another one.
template <unsigned Workers>
struct taken_back : lending_crew<taken_back<Workers>, Workers> {
  void thread(int self) {
    if (self >= 2) return this->work(static_cast<unsigned>(self - 2));
    item* const mine = this->publish(static_cast<std::size_t>(self));
    if (self == 1) return;
    std::optional<unsigned> place;
    const auto borrow = [&] { return (place = endless_sleeper::borrow(*this)).has_value(); };
    if (this->injected.take_if_first(mine, borrow)) {
      this->own[*place] = this->own[*place] + 1;
      this->run(mine);
    }
    if (place) endless_sleeper::give_back(*this, *place);
    this->run(this->book.make(2));  // so the end comes when the place was given back
  }
};

/// Two borrow at a time where two sleep, and one is woken beside them: no place is given twice (P2, P7).
template <int Borrowers>
struct borrowed_places {
  static constexpr int threads = Borrowers + 1;

  modelled_parking_word word;
  std::array<model::plain<int>, 2> theirs;
  int places = 0;

  borrowed_places() {
    word.park(0, false);
    word.park(1, false);
  }
  void thread(int self) {
    const auto index = self == Borrowers ? word.reserve_sleeper() : word.borrow_sleeper();
    if (!index) return;
    theirs[*index] = self;
    if (self == Borrowers) return;
    static_cast<void>(word.park(*index, false));
  }
  void after() { model::check(word.parked() <= 2, "the count is right"); }
};

/// Worker 0 forks while the borrower of worker 1's place gives it back: unless the others sleep, the worker looks
/// itself, as it has no timed sleep before it (P7).
struct given_back_beside_a_fork : crew<given_back_beside_a_fork, timed_sleeper, 2, 1> {
  static constexpr int threads = 3;
  static constexpr bool can_be_out_of_reach = true;

  detail::fork_deque<item, model::atomics> forks{4};

  void thread(int self) {
    if (self == 0) {
      model::check(forks.push(book.make(0)), "there is room");
      if (word().hungry()) wake_one();
      busy_until_done(0);
    } else if (self == 1) {
      work(1);
    } else if (const auto index = timed_sleeper::borrow(*this)) {
      timed_sleeper::give_back(*this, *index);
    }
  }
  item* find(unsigned) {
    item* found = nullptr;
    return forks.steal(found) == detail::steal_result::taken ? found : nullptr;
  }
  bool has_visible_work() const { return !forks.looks_empty(); }
};

/// Worker 0 runs a task that publishes others, and then computes until they have run. `Queue` is where they stand.
template <class Scene, class Sleeper, unsigned Workers, std::size_t Tasks>
struct published_within : crew<Scene, Sleeper, Workers, Tasks> {
  static constexpr int threads = static_cast<int>(Workers);
  static constexpr bool can_be_out_of_reach = false;

  void thread(int self) {
    Scene& scene = static_cast<Scene&>(*this);
    if (self == 0) {
      for (std::size_t i = 0; i < Tasks; ++i) scene.publish(this->book.make(i));
      for (std::size_t i = 0; i < Tasks; ++i) this->busy_until_done(i);
    } else {
      this->work(static_cast<unsigned>(self));
    }
  }
  void after() { this->book.all_came_out(); }
};

/// What a task of the scene does: the first one may compute until the second has run, so that both need a worker.
enum class tasks { end_at_once, first_waits_for_second };

/// A worker's own queue, as its worker and thieves use it.
template <class Sleeper>
struct own_queue {
  using run_queue = detail::run_queue<item, 4, model::atomics>;
  run_queue queue;

  template <class Crew>
  void push(Crew& crew, item* it) {
    const auto how = queue.try_push(it);
    model::check(how != run_queue::pushed::full, "there is room");
    Sleeper::wake_one_for_push(crew, queue, how == run_queue::pushed::alone);
  }
  item* steal() {
    std::array<item*, 2> loot;
    const std::size_t n = queue.steal(loot);
    model::check(n < 2, "half of two is one");
    return n == 0 ? nullptr : loot[0];
  }
};

/// Pushes look at the parking word without order (P4), and tell those who search (P8).
template <unsigned Workers, std::size_t Tasks, tasks How = tasks::end_at_once>
struct pushed_to_the_queue : published_within<pushed_to_the_queue<Workers, Tasks, How>, timed_sleeper, Workers, Tasks> {
  own_queue<timed_sleeper> own;

  void publish(item* it) { own.push(*this, it); }
  item* find(unsigned) { return own.steal(); }
  bool has_visible_work() const { return !own.queue.looks_empty(); }
  void runs(std::size_t i) {
    if (How == tasks::first_waits_for_second && i == 0) this->busy_until_done(1);
  }
};

/// Fork pushes look at the parking word without order (P4).
template <unsigned Workers, std::size_t Tasks>
struct forked : published_within<forked<Workers, Tasks>, timed_sleeper, Workers, Tasks> {
  detail::fork_deque<item, model::atomics> forks{4};

  void publish(item* it) {
    model::check(forks.push(it), "there is room");
    if (this->word().hungry()) this->wake_one();
  }
  item* find(unsigned) {
    for (;;) {
      item* found = nullptr;
      const detail::steal_result got = forks.steal(found);
      if (got != detail::steal_result::lost) return got == detail::steal_result::taken ? found : nullptr;
    }
  }
  bool has_visible_work() const { return !forks.looks_empty(); }
};

/// A fork push meets the last searcher, which finds something else. That computes until the fork has run, so a third
/// worker must come for the fork, and nobody may have seen that it is needed: the one gap that P4 leaves. `Borrowed`:
/// meanwhile the place of a worker that both need is borrowed and given back; because another searches, nobody is woken
/// for that (P7).
template <bool Borrowed>
struct forked_beside_a_search : crew<forked_beside_a_search<Borrowed>, timed_sleeper, 3, 2> {
  static constexpr int threads = Borrowed ? 4 : 3;
  static constexpr bool can_be_out_of_reach = true;

  detail::injection_queue<item, model::atomics> injected;
  detail::fork_deque<item, model::atomics> forks{4};

  void thread(int self) {
    if (self == 3) {
      if (const auto index = timed_sleeper::borrow(*this)) timed_sleeper::give_back(*this, *index);
      return;
    }
    if (self != 0) return this->work(static_cast<unsigned>(self));
    injected.push(this->book.make(0));
    this->wake_one();
    model::check(forks.push(this->book.make(1)), "there is room");
    if (this->word().hungry()) this->wake_one();
    this->busy_until_done(0);
  }
  item* find(unsigned) {
    item* found = nullptr;
    injected.take(1, [&](item* it) { found = it; });
    if (found == nullptr && forks.steal(found) != detail::steal_result::taken) return nullptr;
    return found;
  }
  bool has_visible_work() const { return !injected.looks_empty() || !forks.looks_empty(); }
  void runs(std::size_t i) {
    if (i == 0) this->busy_until_done(1);
  }
};

/// The same push to a queue: no gap is left (P8).
struct pushed_beside_a_search : crew<pushed_beside_a_search, timed_sleeper, 3, 2> {
  static constexpr int threads = 3;
  static constexpr bool can_be_out_of_reach = true;

  detail::injection_queue<item, model::atomics> injected;
  own_queue<timed_sleeper> own;

  void thread(int self) {
    if (self != 0) return work(static_cast<unsigned>(self));
    injected.push(book.make(0));
    wake_one();
    own.push(*this, book.make(1));
    busy_until_done(0);
  }
  item* find(unsigned) {
    item* found = nullptr;
    injected.take(1, [&](item* it) { found = it; });
    return found != nullptr ? found : own.steal();
  }
  bool has_visible_work() const { return !injected.looks_empty() || !own.queue.looks_empty(); }
  void runs(std::size_t i) {
    if (i == 0) busy_until_done(1);
  }
};

/// The newest task: thieves take what they have seen before, and no watcher is woken (P6).
template <unsigned Workers>
struct put_as_newest : published_within<put_as_newest<Workers>, timed_sleeper, Workers, 1> {
  detail::lifo_slot<item, model::atomics> newest;
  std::array<item*, Workers> seen{};

  void publish(item* it) {
    model::check(newest.put(it) == nullptr, "nothing was displaced");
    timed_sleeper::wake_one_for_newest(*this);
  }
  item* find(unsigned index) {
    item* it = newest.peek();
    if (it != nullptr && it == seen[index] && newest.steal(it)) return it;
    seen[index] = it;
    return nullptr;
  }
  bool has_visible_work() const { return newest.peek() != nullptr; }
};

/// Reservations alone: one sleeps, and two lie down and reserve. Each reservation gets a sleeper of its own, perhaps
/// one that has set its bit and not been counted yet (P2), and no second one is made while the first is a searcher
/// (P3).
template <int Threads>
struct reservations {
  static constexpr int threads = Threads;

  modelled_parking_word word;
  std::array<model::plain<int>, 4> theirs;  // written before they lie down
  std::array<int, 4> woken{};
  int searchers = 0;

  reservations() { word.park(3, false); }
  void thread(int self) {
    const auto own = static_cast<unsigned>(self);
    theirs[own] = 1;
    word.park(own, false);
    // The first prefers itself, as a sleeper does that finds work.
    const auto index = self == 0 ? word.reserve_sleeper(own) : word.reserve_sleeper();
    if (!index) return;
    model::check(++woken[*index] == 1, "somebody was woken twice");
    model::check(++searchers == 1, "there are two searchers");
    theirs[*index] = 2;
    static_cast<void>(word.stop_searching());
    --searchers;  // no other thread runs between this and the step above
  }
  void after() {
    unsigned awake = 0;
    for (int each : woken) awake += static_cast<unsigned>(each);
    model::check(awake >= 1, "nobody was woken");
    model::check(word.parked() == 1 + static_cast<unsigned>(Threads) - awake, "the count is right");
  }
};

/// Two sleep, and one of them is woken: it searches, so nobody wakes the other (P3).
struct one_searcher_is_enough {
  static constexpr int threads = 1;
  modelled_parking_word word;

  void thread(int) {
    word.park(0, false);
    word.park(1, false);
    model::check(word.reserve_sleeper().has_value(), "nobody searches");
    model::check(!word.reserve_sleeper().has_value(), "there are two searchers");
    model::check(word.stop_searching(), "the last searcher");
    model::check(word.reserve_sleeper().has_value(), "nobody searches any more");
  }
};

/// Z2 in small: the end says that it is there and counts the sleepers, a worker lies down and looks for the end.
struct counted_at_the_end {
  static constexpr int threads = 2;

  modelled_parking_word word;
  model::plain<int> ended;  // before the worker lay down
  model::atomic<bool> drawn{false};
  bool counted = false;
  bool end_seen = false;

  void thread(int self) {
    if (self == 0) {
      drawn.store(true, std::memory_order_seq_cst);
      counted = word.parked() == 1;
      if (counted) ended = 2;
    } else {
      ended = 1;
      word.park(0, false);
      end_seen = drawn.load(std::memory_order_seq_cst);
    }
  }
  void after() { model::check(counted || end_seen, "neither sees the other"); }
};

}  // namespace rooms
