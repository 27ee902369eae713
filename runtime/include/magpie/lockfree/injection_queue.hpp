#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

namespace magpie::detail {

/// The queue by which tasks reach a runtime from outside, and by which workers shed what they have too much of. Any
/// thread pushes without waiting; one worker at a time takes, the others go elsewhere
/// (docs/protocols/injection_queue.md).
///
/// T is linked through its member `next`, an atomic<T*>. Cost: a push is one exchange and one store, no allocation.
/// Source: Vyukov's intrusive queue for many producers and one consumer, 1024cores.net.
template <class T, class Atomics = atomics>
class injection_queue {
 public:
  injection_queue() noexcept = default;
  injection_queue(const injection_queue&) = delete;
  injection_queue& operator=(const injection_queue&) = delete;

  void push(T* item) noexcept { push(item, item); }

  /// A chain whose members are linked from first to last already.
  void push(T* first, T* last) noexcept {
    last->next.store(nullptr, relaxed);         // relaxed: published by the exchange
    T* before = tail_.exchange(last, seq_cst);  // I1: releases last->next; seq_cst: before the look at the sleepers
    before->next.store(first, release);         // I2: pairs with the acquire loads in pop(): the chain and its tasks
  }

  /// Calls `use(T*)` for up to `most` tasks, oldest first; returns how many. 0 if the queue is empty, if another worker
  /// is taking, or if a producer stands between its two steps (then it has not looked at the sleepers yet).
  template <class Use>
  unsigned take(unsigned most, Use use) noexcept {
    if (!start_taking()) return 0;
    unsigned n = 0;
    while (n < most) {
      T* item = pop();
      if (item == nullptr) break;
      use(item);
      ++n;
    }
    stop_taking();
    return n;
  }

  /// Takes the item `wanted`, if it is the oldest and `agree()`, which is asked while nobody else can take it. False,
  /// even then, where take() would give nothing. An item that is not here is no more than an address.
  template <class Agree>
  [[nodiscard]] bool take_if_first(const T* wanted, Agree agree) noexcept {
    if (!start_taking()) return false;
    const bool taken = first() == wanted && agree() && pop() != nullptr;
    stop_taking();
    return taken;
  }

  /// Any thread. Exact for a thread that calls it after a seq_cst step of its own.
  bool looks_empty() const noexcept {
    return tail_.load(seq_cst) == &stub_;  // seq_cst: a parking worker's rescan is ordered after its announcement
  }

 private:
  [[nodiscard]] bool start_taking() noexcept {
    if (looks_empty()) return false;
    return !taken_.load(relaxed) && !taken_.exchange(true, acquire);  // I3: pairs with the release below: head_
  }
  void stop_taking() noexcept {
    taken_.store(false, release);  // I3: hands head_ to the next taker
  }

  // The taker's.
  /// The oldest item; nullptr if none can be reached.
  T* first() noexcept {
    if (head_ == &stub_) {
      T* const next = stub_.next.load(acquire);  // I2
      if (next == nullptr) return nullptr;
      head_ = next;
    }
    return head_;
  }
  /// Takes it, unless a producer stands between its steps behind it.
  T* pop() noexcept {
    T* const head = first();
    if (head == nullptr) return nullptr;
    T* next = head->next.load(acquire);  // I2
    if (next == nullptr) {
      // The last one we know of: it cannot leave before something stands behind it.
      stub_.next.store(nullptr, relaxed);  // relaxed: released by the exchange; the stub is not in the queue
      T* expected = head;
      // I4: fails if a producer is between its steps. release: with I1, stub.next is null before it is linked
      if (!tail_.compare_exchange_strong(expected, &stub_, release, relaxed)) return nullptr;  // relaxed: nothing taken
      next = &stub_;
    }
    head_ = next;
    return head;
  }

  alignas(line_size) typename Atomics::template atomic<T*> tail_{&stub_};
  alignas(line_size) typename Atomics::template atomic<bool> taken_{false};
  typename Atomics::template plain<T*> head_{&stub_};  // the taker's
  T stub_{};
};

}  // namespace magpie::detail
