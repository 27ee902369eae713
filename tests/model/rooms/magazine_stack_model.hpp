#pragma once

#include <magpie/lockfree/magazine_stack.hpp>

#include "handed_items.hpp"

#include <cstddef>

/// Scenes of docs/protocols/frame_allocator.md: magazines travel over the stack.
namespace rooms {

/// `Items` stand on the stack. Each thread pops one and pushes it back, so often: what one puts back meets what another
/// pushes, and an item that one has in its hands comes again under the other.
template <int Threads, int Rounds, std::size_t Items>
struct magazines_come_and_go {
  static constexpr int threads = Threads;

  magpie::detail::magazine_stack<item, model::atomics> stack;
  ledger<Items> book;

  magazines_come_and_go() {
    for (std::size_t i = 0; i < Items; ++i) stack.push(book.make(i));
  }
  void thread(int) {
    for (int i = 0; i < Rounds; ++i)
      if (item* it = stack.pop()) stack.push(book.make(book.got(it)));
  }
  void after() {
    std::size_t left = 0;
    while (item* it = stack.pop()) {
      book.got(it);
      ++left;
    }
    model::check(left == Items, "a magazine was lost");
    book.all_came_out();
  }
};

/// Thread 0 gives, thread 1 takes, and thread 2, if there is one, takes whole.
template <int Threads, std::size_t Items>
struct given_and_taken {
  static constexpr int threads = Threads;

  magpie::detail::magazine_stack<item, model::atomics> stack;
  ledger<Items> book;

  given_and_taken() {
    stack.push(book.make(0));
    stack.push(book.make(1));
  }
  void thread(int self) {
    if (self == 0) {
      for (std::size_t i = 2; i < Items; ++i) stack.push(book.make(i));
    } else if (self == 1) {
      for (int i = 0; i < 2; ++i)
        if (item* it = stack.pop()) book.got(it);
    } else {
      take_all();
    }
  }
  void take_all() {
    for (item* it = stack.take_all(); it != nullptr;) {
      item* next = it->next_magazine;
      book.got(it);
      it = next;
    }
  }
  void after() {
    take_all();
    book.all_came_out();
  }
};

}  // namespace rooms
