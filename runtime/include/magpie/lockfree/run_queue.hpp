#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace magpie::detail {

/// A bounded queue of one worker's runnable tasks: its owner pushes at the tail, owner and thieves take from the head,
/// thieves half of it at once (docs/protocols/run_queue.md).
///
/// Cost: a push is plain stores, a pop one compare-exchange. Source: the run queue of Go's scheduler (Vyukov 2012),
/// with 64-bit indices, so that they never wrap.
template <class T, std::size_t Capacity = 256, class Atomics = atomics>
class run_queue {
  static_assert((Capacity & (Capacity - 1)) == 0, "a power of two");

 public:
  static constexpr std::size_t half = Capacity / 2;

  /// `full`: nothing was pushed, shed() first.
  enum class pushed : std::uint8_t { behind_others, alone, full };

  /// Owner.
  [[nodiscard]] pushed try_push(T* item) noexcept {
    const std::uint64_t tail = tail_.load(relaxed);          // relaxed: only we write it
    const std::uint64_t ahead = tail - head_.load(acquire);  // Q2: pairs with the exchanges: the slot was read
    if (ahead >= Capacity) return pushed::full;
    slot(tail).store(item, relaxed);  // relaxed: published by the next line
    tail_.store(tail + 1, release);   // Q1: releases the slot and the item
    return ahead == 0 ? pushed::alone : pushed::behind_others;
  }

  /// Owner. What was pushed comes before all seq_cst steps that follow.
  void publish() noexcept {
    tail_.store(tail_.load(relaxed), seq_cst);  // P8: before the look at the sleepers; relaxed: only we write it
  }

  /// Any thread. What a thief would find: where the oldest stands, and how many there are, if that is not outdated.
  struct view {
    std::uint64_t oldest;
    std::uint64_t count;
  };
  view look() const noexcept {
    const std::uint64_t head = head_.load(relaxed);  // relaxed: a hint
    const std::uint64_t tail = tail_.load(relaxed);  // relaxed: a hint
    return {head, tail > head ? tail - head : 0};
  }

  /// Owner. Takes the oldest item; nullptr if there is none.
  T* pop() noexcept {
    std::uint64_t head = head_.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      if (head == tail_.load(relaxed)) return nullptr;  // relaxed: only we write it
      T* item = slot(head).load(relaxed);               // relaxed: our own store
      // Q3: one taker for each index. relaxed: only we write slots, after our own reads of them; thieves acquire tail
      if (head_.compare_exchange_weak(head, head + 1, relaxed, relaxed)) return item;
    }
  }

  /// Owner, after a push that failed. Takes the older half into `out`; returns how many.
  std::size_t shed(std::array<T*, half>& out) noexcept { return take(out, half); }

  /// Any thread. Takes the older half of what is there, at least one, into `out`; returns how many.
  std::size_t steal(std::array<T*, half>& out) noexcept { return take(out, 0); }

  /// Any thread. A hint, exact for a thread that calls it after a seq_cst step of its own.
  bool looks_empty() const noexcept {
    const std::uint64_t head =
        head_.load(seq_cst);             // seq_cst: a parking worker's rescan is ordered after its announcement
    return head == tail_.load(seq_cst);  // seq_cst: as above
  }

 private:
  /// Takes `count` items, or, if that is 0, the greater half of what is there.
  std::size_t take(std::array<T*, half>& out, std::size_t count) noexcept {
    std::uint64_t head = head_.load(relaxed);  // relaxed: the exchange decides
    for (;;) {
      const std::uint64_t available = tail_.load(acquire) - head;  // Q1: the slots and the items
      const std::size_t n = count != 0 ? count : static_cast<std::size_t>(available - available / 2);
      if (n == 0 || n > available) return 0;
      // More than a half: the head is an old one, and the exchange could not succeed; or it is newer than the tail, and
      // the difference is negative. Owners never come here: their tail is exact.
      if (n <= half) {
        for (std::size_t i = 0; i < n; ++i) out[i] = slot(head + i).load(relaxed);  // relaxed: Q1; if stale, Q3 fails
        // Q3: as in pop(). release: Q2, our reads of the slots; relaxed on failure: we look again
        if (head_.compare_exchange_weak(head, head + n, release, relaxed)) return n;
      } else {
        head = head_.load(relaxed);  // relaxed: as the first load
      }
    }
  }

  typename Atomics::template atomic<T*>& slot(std::uint64_t index) noexcept { return slots_[index % Capacity]; }

  alignas(line_size) typename Atomics::template atomic<std::uint64_t> head_{0};
  alignas(line_size) typename Atomics::template atomic<std::uint64_t> tail_{0};
  std::array<typename Atomics::template atomic<T*>, Capacity> slots_{};
};

/// Holds the task that its worker made runnable last, to be run next: what it needs is still in the cache. It may also
/// be stolen, but thieves leave it alone for some microseconds (docs/protocols/run_queue.md).
template <class T, class Atomics = atomics>
class lifo_slot {
 public:
  /// Owner. Returns the item that was displaced, or nullptr.
  T* put(T* item) noexcept {
    return item_.exchange(item, seq_cst);  // L1: hands the item over; seq_cst: before the look at the sleepers
  }
  /// Owner.
  T* take() noexcept {
    if (item_.load(relaxed) == nullptr) return nullptr;  // relaxed: only we put
    return item_.exchange(nullptr, relaxed);             // relaxed: it is our own put(), or a thief has taken it
  }
  /// Any thread. What a thief saw; it takes it only if it sees the same again some microseconds later.
  T* peek() const noexcept {
    return item_.load(seq_cst);  // seq_cst: a parking worker's rescan is ordered after its announcement
  }
  /// Any thread. Takes `seen`, if it is still there.
  bool steal(T* seen) noexcept {
    return item_.compare_exchange_strong(seen, nullptr, acquire, relaxed);  // L1: with put(); relaxed: nothing taken
  }

 private:
  typename Atomics::template atomic<T*> item_{nullptr};
};

}  // namespace magpie::detail
