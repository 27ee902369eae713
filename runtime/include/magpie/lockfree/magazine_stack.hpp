#pragma once

#include <magpie/base/atomic.hpp>

namespace magpie::detail {

/// A stack that is emptied whole: pop() takes everything, keeps one item and puts the rest back. So no thread ever
/// reads an item that another one may own, and there is no ABA to guard against (docs/protocols/frame_allocator.md).
///
/// T is linked through its plain member `next_magazine`. Cost: a push is one compare-exchange, a pop an exchange and a
/// compare-exchange. While one thread pops, another may find the stack empty.
template <class T, class Atomics = atomics>
class magazine_stack {
 public:
  void push(T* item) noexcept {
    T* head = head_.load(relaxed);  // relaxed: the head is not looked into
    do {
      item->next_magazine = head;
      // M1: release hands the item over; relaxed on failure: the head is not looked into
    } while (!head_.compare_exchange_weak(head, item, release, relaxed));
  }

  T* pop() noexcept {
    T* item = take_all();
    if (item == nullptr) return nullptr;
    T* rest = item->next_magazine;
    if (rest != nullptr) put_back(rest);
    return item;
  }

  T* take_all() noexcept {
    if (head_.load(relaxed) == nullptr) return nullptr;  // relaxed: a hint
    return head_.exchange(nullptr, acquire);  // M1: pairs with push() and put_back(): the items, now ours alone
  }

 private:
  void put_back(T* rest) noexcept {
    for (;;) {
      T* expected = nullptr;
      // M1: release hands the items over again; relaxed on failure: the head is not looked into
      if (head_.compare_exchange_strong(expected, rest, release, relaxed)) return;
      // Some were pushed meanwhile: few, as we have been here for a moment only. They go in front of ours.
      T* fresh = take_all();
      if (fresh == nullptr) continue;
      T* last = fresh;
      while (T* next = last->next_magazine) last = next;
      last->next_magazine = rest;
      rest = fresh;
    }
  }

  typename Atomics::template atomic<T*> head_{nullptr};
};

}  // namespace magpie::detail
