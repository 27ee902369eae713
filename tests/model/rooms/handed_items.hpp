#pragma once

#include <magpie/model/explore.hpp>

#include <array>
#include <cstddef>

/// What travels through the queues of the model, and the book that is kept about it.
namespace rooms {

namespace model = magpie::model;

/// Whoever hands an item over writes into it before, and whoever gets it does so afterwards: if nothing orders the two,
/// the model reports a race. Linked as each of the rooms asks for.
struct item {
  model::plain<int> payload{0};
  model::atomic<item*> next{nullptr};
  model::plain<item*> next_magazine{nullptr};
};

/// Every item comes out as often as it was handed in.
template <std::size_t Count>
struct ledger {
  std::array<item, Count> items;
  std::array<int, Count> handed_in{};
  std::array<int, Count> came_out{};

  item* make(std::size_t i) {
    items[i].payload = ++handed_in[i];
    return &items[i];
  }
  /// Returns the item's number.
  std::size_t got(item* it) {
    model::check(it >= items.data() && it < items.data() + Count, "what came out is no item");
    const auto i = static_cast<std::size_t>(it - items.data());
    model::check(++came_out[i] <= handed_in[i], "an item came out twice");
    model::check(it->payload == came_out[i], "an item came out with old contents");
    it->payload = came_out[i];
    return i;
  }
  void all_came_out() const { model::check(came_out == handed_in, "an item was lost"); }
};

/// P1 in small: somebody publishes and then looks for a sleeper, a worker announces its sleep and then looks for work.
/// One of them sees the other.
template <class Room>
struct publication_against_sleep {
  static constexpr int threads = 2;

  Room room;
  ledger<1> book;
  model::atomic<bool> sleeps{false};
  bool sleeper_seen = false;
  bool work_seen = false;

  void thread(int self) {
    if (self == 0) {
      room.publish(book.make(0));
      sleeper_seen = sleeps.load(std::memory_order_seq_cst);
    } else {
      sleeps.store(true, std::memory_order_seq_cst);
      work_seen = !room.looks_empty();
    }
  }
  void after() { model::check(sleeper_seen || work_seen, "there is work, and all sleep"); }
};

}  // namespace rooms
