#pragma once

#include <magpie/lockfree/run_queue.hpp>

#include "handed_items.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/run_queue.md. Thread 0 owns the queue, the others steal.
namespace rooms {

template <std::size_t Capacity>
using modelled_run_queue = magpie::detail::run_queue<item, Capacity, model::atomics>;

/// The owner pushes so many and pops so often, each thief steals so often; what is left comes out at the end. A full
/// queue sheds; what it sheds leaves it for good.
template <std::size_t Capacity, std::size_t Pushes, int Pops, int Thieves, int Steals>
struct run_queue_traffic {
  static constexpr int threads = 1 + Thieves;

  modelled_run_queue<Capacity> queue;
  ledger<Pushes> book;
  std::size_t oldest = 0;  // the owner takes in the order of its pushes

  void thread(int self) {
    if (self == 0) return own();
    for (int i = 0; i < Steals; ++i) steal();
  }

  void own() {
    int pops = 0;
    for (std::size_t i = 0; i < Pushes; ++i) {
      item* it = book.make(i);
      while (queue.try_push(it) == modelled_run_queue<Capacity>::pushed::full) shed();
      // Pops come between the last pushes, where thieves have something to take too.
      if (Pushes - i <= static_cast<std::size_t>(Pops)) pop(), ++pops;
    }
    for (; pops < Pops; ++pops) pop();
  }
  void pop() {
    if (item* it = queue.pop()) came_in_order(book.got(it));
  }
  void shed() {
    std::array<item*, Capacity / 2> out;
    const std::size_t n = queue.shed(out);
    model::check(n == 0 || n == out.size(), "the older half, or nothing");
    for (std::size_t i = 0; i < n; ++i) came_in_order(book.got(out[i]));
  }
  void steal() {
    struct {
      std::array<item*, Capacity / 2> out;
      item* volatile beyond = nullptr;
    } loot;
    const auto& out = loot.out;
    const std::size_t n = queue.steal(loot.out);
    model::check(loot.beyond == nullptr, "a thief copies no more than half of the queue");
    std::size_t before = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t got = book.got(out[i]);
      model::check(i == 0 || got == before + 1, "what is stolen at once stood side by side");
      before = got;
    }
  }
  void came_in_order(std::size_t i) {
    model::check(i >= oldest, "the owner takes the oldest first");
    oldest = i;
  }

  void after() {
    while (item* it = queue.pop()) came_in_order(book.got(it));
    model::check(queue.looks_empty(), "the queue is empty");
    book.all_came_out();
  }
};

/// The owner puts the same item in again and again, as a task that wakes itself does. The thief takes what it has seen
/// before, which may be the same address with other contents by then.
template <int Puts, int Thieves>
struct same_item_in_the_slot {
  static constexpr int threads = 1 + Thieves;

  magpie::detail::lifo_slot<item, model::atomics> newest;
  ledger<1> book;
  model::atomic<int> out{0};  // the item is with nobody: it may be made again

  void thread(int self) {
    if (self != 0) return steal();
    for (int i = 0; i < Puts; ++i) {
      while (out.load(std::memory_order_acquire) != i) {
        if (item* it = newest.take()) got(it);
        if (out.load(std::memory_order_acquire) != i) model::atomics::pause();
      }
      model::check(newest.put(book.make(0)) == nullptr, "nothing was displaced");
    }
    if (item* it = newest.take()) got(it);
  }
  void steal() {
    item* seen = newest.peek();
    if (seen != nullptr && newest.steal(seen)) got(seen);
  }
  void got(item* it) {
    book.got(it);
    out.fetch_add(1, std::memory_order_release);
  }
  void after() { book.all_came_out(); }
};

/// The owner puts several; what is displaced stays with it.
template <int Thieves>
struct displaced_from_the_slot {
  static constexpr int threads = 1 + Thieves;

  magpie::detail::lifo_slot<item, model::atomics> newest;
  ledger<3> book;

  void thread(int self) {
    if (self != 0) return steal();
    put(0);
    put(1);
    take();
    put(2);
    take();
  }
  void put(std::size_t i) {
    if (item* displaced = newest.put(book.make(i))) book.got(displaced);
  }
  void take() {
    if (item* it = newest.take()) book.got(it);
  }
  void steal() {
    for (int i = 0; i < 2; ++i) {
      item* seen = newest.peek();
      if (seen != nullptr && newest.steal(seen)) book.got(seen);
    }
  }
  void after() {
    take();
    book.all_came_out();
  }
};

struct run_queue_to_publish_in : modelled_run_queue<2> {
  void publish(item* it) {
    static_cast<void>(try_push(it));
    modelled_run_queue<2>::publish();
  }
};
struct lifo_slot_to_publish_in : magpie::detail::lifo_slot<item, model::atomics> {
  void publish(item* it) { put(it); }
  bool looks_empty() const { return peek() == nullptr; }
};

}  // namespace rooms
