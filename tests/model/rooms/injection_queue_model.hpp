#pragma once

#include <magpie/lockfree/injection_queue.hpp>

#include "handed_items.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/injection_queue.md.
namespace rooms {

/// Producer p hands in items 2p and 2p + 1. The first one as a chain if so wanted, all others one by one.
enum class handing_in : std::uint8_t { singly, first_as_a_chain };

template <int Producers, int Takers, int Takes, unsigned Most, handing_in How>
struct injection_traffic {
  static constexpr int threads = Producers + Takers;

  magpie::detail::injection_queue<item, model::atomics> queue;
  ledger<2 * Producers> book;
  std::array<int, Producers> newest_of{};  // what the takers have seen of each producer; they exclude each other

  void thread(int self) {
    if (self < Producers) return produce(static_cast<std::size_t>(self));
    for (int i = 0; i < Takes; ++i) take(Most);
  }
  void produce(std::size_t producer) {
    item* first = book.make(2 * producer);
    if (How == handing_in::first_as_a_chain && producer == 0) {
      item* second = book.make(2 * producer + 1);
      first->next.store(second, std::memory_order_relaxed);
      queue.push(first, second);
    } else {
      queue.push(first);
      queue.push(book.make(2 * producer + 1));
    }
  }
  unsigned take(unsigned most) {
    return queue.take(most, [this](item* it) {
      const std::size_t i = book.got(it);
      int& newest = newest_of[i / 2];
      model::check(static_cast<int>(i % 2) == newest, "the items of one producer come in order");
      ++newest;
    });
  }
  void after() {
    take(2 * Producers + 1);
    model::check(queue.looks_empty(), "the queue is empty");
    book.all_came_out();
  }
};

/// So many items go round: whoever takes one hands it in again. So the stub is behind each item, again and again.
template <int Threads, int Rounds, std::size_t Items>
struct items_go_round {
  static constexpr int threads = Threads;

  magpie::detail::injection_queue<item, model::atomics> queue;
  ledger<Items> book;

  items_go_round() {
    for (std::size_t i = 0; i < Items; ++i) queue.push(book.make(i));
  }

  void thread(int) {
    for (int i = 0; i < Rounds; ++i) {
      item* taken = nullptr;
      queue.take(1, [&](item* it) { taken = it; });
      if (taken != nullptr) queue.push(book.make(book.got(taken)));
    }
  }
  void after() {
    model::check(queue.take(Items + 1, [this](item* it) { book.got(it); }) == Items, "an item was lost");
    book.all_came_out();
  }
};

/// Taken on the way out, the item is destroyed by its taker: nobody touches it any more, neither the producer nor the
/// taker that comes next.
struct items_die_when_taken {
  static constexpr int threads = 3;

  magpie::detail::injection_queue<item, model::atomics> queue;
  int taken = 0;

  void thread(int self) {
    if (self == 0) {
      for (int i = 0; i < 2; ++i) queue.push(model::make_named<item>("item"));
    } else {
      take(1);
    }
  }
  void take(unsigned most) {
    queue.take(most, [this](item* it) {
      model::destroy(it);
      ++taken;
    });
  }
  void after() {
    take(3);
    model::check(taken == 2, "an item was lost");
  }
};

/// Thread 0 hands in an item and takes it back, if nobody was faster and it agrees; thread 1 hands in another one,
/// before or behind it; the others take what comes.
enum class agreement : std::uint8_t { given, refused };

template <int Takers, agreement How>
struct taken_back_if_first {
  static constexpr int threads = 2 + Takers;

  magpie::detail::injection_queue<item, model::atomics> queue;
  ledger<2> book;

  void thread(int self) {
    if (self >= 2) return static_cast<void>(take(1));
    item* const own = book.make(static_cast<std::size_t>(self));
    queue.push(own);
    if (self == 1) return;
    const bool taken = queue.take_if_first(own, [this] {
      model::check(book.came_out[0] == 0, "nobody takes it while this is asked");
      return How == agreement::given;
    });
    model::check(!taken || How == agreement::given, "it was taken against the will");
    if (taken) book.got(own);
  }
  unsigned take(unsigned most) {
    return queue.take(most, [this](item* it) { book.got(it); });
  }
  void after() {
    take(3);
    model::check(queue.looks_empty(), "the queue is empty");
    book.all_came_out();
  }
};

/// Two want theirs back, one behind the other.
struct two_take_back {
  static constexpr int threads = 2;

  magpie::detail::injection_queue<item, model::atomics> queue;
  ledger<2> book;

  void thread(int self) {
    item* const own = book.make(static_cast<std::size_t>(self));
    queue.push(own);
    if (queue.take_if_first(own, [] { return true; })) book.got(own);
  }
  void after() {
    queue.take(3, [this](item* it) { book.got(it); });
    book.all_came_out();
  }
};

/// Nobody else is there: so it is taken.
struct taken_back_alone {
  static constexpr int threads = 1;

  magpie::detail::injection_queue<item, model::atomics> queue;
  ledger<2> book;

  void thread(int) {
    for (int i = 0; i < 2; ++i) {
      item* const own = book.make(0);
      queue.push(own);
      item* const behind = book.make(1);
      queue.push(behind);
      const auto agree = [] { return true; };
      model::check(!queue.take_if_first(behind, agree), "it is the second");
      model::check(queue.take_if_first(own, agree), "it is the first");
      book.got(own);
      model::check(queue.take_if_first(behind, agree), "it is the first now");
      book.got(behind);
    }
  }
  void after() { book.all_came_out(); }
};

struct injection_queue_to_publish_in : magpie::detail::injection_queue<item, model::atomics> {
  void publish(item* it) { push(it); }
};

}  // namespace rooms
