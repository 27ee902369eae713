#pragma once

#include <atomic>
#include <cstddef>

/// How the ring releases a slot that it has emptied.
enum class release_slot { in_time, too_early };

/// The queue of docs/guide/model-checking.md: one thread pushes, one pops. It is a template over the atomics policy,
/// like each lock-free room of magpie, so that the code that ships is the code that is checked.
template <class T, std::size_t Capacity, class Atomics, release_slot Release = release_slot::in_time>
class ring_queue {
 public:
  bool push(T item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == Capacity) return false;
    slots_[tail % Capacity] = item;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  bool pop(T& item) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    if (Release == release_slot::too_early) head_.store(head + 1, std::memory_order_release);
    item = slots_[head % Capacity];
    if (Release == release_slot::in_time) head_.store(head + 1, std::memory_order_release);
    return true;
  }

 private:
  typename Atomics::template atomic<std::size_t> head_{0};
  typename Atomics::template atomic<std::size_t> tail_{0};
  typename Atomics::template plain<T> slots_[Capacity];
};
