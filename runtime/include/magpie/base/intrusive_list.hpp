#pragma once

#include <magpie/base/atomic.hpp>

namespace magpie::detail {

/// The links of what stands in an intrusive_list; `Tag` tells several lists of one object apart.
template <class T, class Tag = void, class Atomics = atomics>
struct list_links {
  typename Atomics::template plain<T*> next{nullptr};
  typename Atomics::template plain<T*> previous{nullptr};
};

/// A doubly linked list of objects that derive from list_links<T, Tag>, in one pointer: `previous` of the first is the
/// last. It owns nothing, and every step takes constant time. Guarded by whoever keeps it.
template <class T, class Tag = void, class Atomics = atomics>
class intrusive_list {
  using links = list_links<T, Tag, Atomics>;

 public:
  bool empty() const noexcept { return first_ == nullptr; }
  T* front() const noexcept { return first_; }
  T* next(T* item) const noexcept { return of(item).next; }

  void push_front(T* item) noexcept {
    T* const first = first_;
    of(item).next = first;
    if (first != nullptr) {
      of(item).previous = of(first).previous;
      of(first).previous = item;
    } else {
      of(item).previous = item;
    }
    first_ = item;
  }
  void push_back(T* item) noexcept {
    T* const first = first_;
    if (first == nullptr) return push_front(item);
    T* const last = of(first).previous;
    of(item).next = nullptr;
    of(item).previous = last;
    of(last).next = item;
    of(first).previous = item;
  }
  /// Only what is in this list.
  void remove(T* item) noexcept {
    T* const first = first_;
    T* const before = of(item).previous;
    T* const after = of(item).next;
    if (item == first) {
      first_ = after;
    } else {
      of(before).next = after;
    }
    // Behind the last one stands nobody, so the first is told.
    if (after != nullptr) {
      of(after).previous = before;
    } else if (item != first) {
      of(first).previous = before;
    }
  }
  T* pop_front() noexcept {
    T* const item = first_;
    if (item != nullptr) remove(item);
    return item;
  }

 private:
  static links& of(T* item) noexcept { return *item; }

  typename Atomics::template plain<T*> first_{nullptr};
};

}  // namespace magpie::detail
