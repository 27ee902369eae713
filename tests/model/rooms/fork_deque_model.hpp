#pragma once

#include <magpie/lockfree/fork_deque.hpp>
#include <magpie/model/explore.hpp>

#include <array>
#include <cstddef>
#include <new>

/// Scenes for the fork deque (docs/protocols/fork_deque.md). Thread 0 owns it, the others steal.
namespace fork_deque_model {

namespace model = magpie::model;
using magpie::detail::fork_deque;
using magpie::detail::steal_result;

/// What is pushed. Whoever takes it writes to it, so two takers race, and so do a taker and the pusher (F1).
struct entry {
  model::plain<int> payload{0};
};

/// A deque and the entries that go through it, with their accounts.
template <int Entries, class Atomics = model::atomics>
class fixture {
 public:
  explicit fixture(std::size_t capacity) : deque(capacity) {}

  // Thread 0.
  bool push() {
    const int mine = pushed_++;
    entries_[at(mine)].payload = mine + 1;
    const bool done = deque.push(&entries_[at(mine)]);
    if (done) {
      stack_[at(depth_++)] = mine;
    } else {
      got(&entries_[at(mine)]);
    }
    return done;
  }
  /// pop() does not say what it took, because its caller knows: the last pushed.
  bool pop() {
    if (!deque.pop()) return false;
    got(&entries_[at(stack_[at(--depth_)])]);
    return true;
  }
  bool take() {
    entry* mine = deque.take();
    if (mine == nullptr) return false;
    model::check(mine == &entries_[at(stack_[at(--depth_)])], "take() gave another entry than the newest");
    got(mine);
    return true;
  }

  // The others. Returns how many were taken.
  int steal(int attempts) {
    int taken = 0;
    for (int i = 0; i < attempts; ++i) {
      entry* mine = nullptr;
      if (deque.steal(mine) != steal_result::taken) continue;
      got(mine);
      ++taken;
    }
    return taken;
  }

  void take_rest() {
    depth_ = 0;  // which are left is for all_taken() to say
    while (entry* mine = deque.take()) got(mine);
    for (int i = 0; i < pushed_; ++i) model::check(taken_[at(i)] == 1, "an entry was lost");
    model::check(deque.looks_empty(), "an empty deque does not look so");
  }

  fork_deque<entry, Atomics> deque;

 private:
  static constexpr std::size_t at(int i) noexcept { return static_cast<std::size_t>(i); }

  void got(entry* mine) {
    const std::ptrdiff_t which = mine - entries_.data();
    model::check(which >= 0 && which < pushed_, "an entry that nobody pushed");
    model::check(++taken_[at(static_cast<int>(which))] == 1, "an entry came out twice");
    model::check(mine->payload == static_cast<int>(which) + 1, "an entry without its payload");
    mine->payload = -1;
  }

  std::array<entry, Entries> entries_;
  std::array<int, Entries> taken_{};
  std::array<int, Entries> stack_{};  // what thread 0 has pushed and not popped, as far as it knows
  int pushed_ = 0;
  int depth_ = 0;
};

/// The owner pushes `Pushes` and pops as many; each thief tries `Steals` times. What `Before` says is pushed and taken
/// away first, so that the indices have moved: the ring wraps in the middle of the scene.
template <int Threads, std::size_t Capacity, int Pushes, int Pops, int Steals, int Before = 0>
struct push_pop_steal {
  static constexpr int threads = Threads;
  fixture<Before + Pushes> it{Capacity};

  push_pop_steal() {
    for (int i = 0; i < Before; ++i) {
      (void)it.push();
      model::check(it.steal(1) == 1, "a lonely thief lost");
    }
  }
  void thread(int self) {
    if (self != 0) {
      it.steal(Steals);
      return;
    }
    for (int i = 0; i < Pushes; ++i) model::check(it.push(), "no room");
    for (int i = 0; i < Pops; ++i) (void)it.pop();
  }
  void after() { it.take_rest(); }
};

/// The same, but popping between the pushes: the last entry is fought for again and again.
template <int Threads, int Rounds, int Steals>
struct last_entry {
  static constexpr int threads = Threads;
  fixture<Rounds> it{2};

  void thread(int self) {
    if (self != 0) {
      it.steal(Steals);
      return;
    }
    for (int i = 0; i < Rounds; ++i) {
      model::check(it.push(), "no room");
      (void)it.pop();
    }
  }
  void after() { it.take_rest(); }
};

/// A full ring of two: the owner pushes on as soon as it sees that a thief has made room, so the slot is used again
/// while a slow thief may still read it for the old index (F5). `Before` moves the indices.
template <int Threads, int Pushes, int Steals>
struct slot_reuse {
  static constexpr int threads = Threads;
  fixture<2 + Pushes> it{2};

  slot_reuse() {
    (void)it.push();
    (void)it.push();
  }
  void thread(int self) {
    if (self != 0) {
      it.steal(Steals);
      return;
    }
    for (int i = 0; i < Pushes; ++i) model::check(it.push(), "no room");
    (void)it.pop();
  }
  void after() { it.take_rest(); }
};

/// One entry below the floor, one above. pop() leaves the lower alone (F6), take() competes for it with the thieves.
template <int Threads, int Steals>
struct floor_and_take {
  static constexpr int threads = Threads;
  fixture<3> it{2};

  void thread(int self) {
    if (self != 0) {
      it.steal(Steals);
      return;
    }
    model::check(it.push(), "no room");
    it.deque.raise_floor();
    model::check(!it.pop(), "pop() went below the floor");
    model::check(it.push(), "no room");
    (void)it.pop();
    model::check(it.deque.at_floor() || it.deque.looks_empty(), "something stands above the floor");
    model::check(!it.pop(), "pop() went below the floor");
    (void)it.take();
    // The floor has sunk with the taken entry: what is pushed now stands above it.
    model::check(it.push(), "no room");
    (void)it.pop();
    (void)it.take();
  }
  void after() { it.take_rest(); }
};

/// model::atomics, but arrays can be had only so many times.
struct scarce_atomics : model::atomics {
  static inline int arrays_left = 0;
  template <class T>
  static T* make_array(std::size_t count) {
    if (arrays_left-- <= 0) throw std::bad_alloc();
    return model::atomics::make_array<T>(count);
  }
};

/// No memory to grow: push() says so and has changed nothing, unless a thief made room.
template <int Threads, int Steals>
struct no_memory {
  static constexpr int threads = Threads;
  struct one_array {
    one_array() { scarce_atomics::arrays_left = 1; }
  } first;
  fixture<5, scarce_atomics> it{2};

  void thread(int self) {
    if (self != 0) {
      stolen += it.steal(Steals);
      return;
    }
    for (int i = 0; i < 4; ++i) refused += it.push() ? 0 : 1;
    (void)it.pop();
  }
  void after() {
    model::check(refused <= 2 && refused + stolen >= 2, "push() refused although there was room, or had none");
    it.take_rest();
    model::check(it.push() && it.pop(), "an empty ring has no room");
  }
  int refused = 0;
  int stolen = 0;
};

}  // namespace fork_deque_model
