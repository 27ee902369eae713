#pragma once

#include <magpie/base/assert.hpp>
#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace magpie::detail {

/// What an attempt to steal found.
enum class steal_result : std::uint8_t { taken, lost, empty };

/// The double-ended queue of fork-join: its owner pushes and pops at the bottom, thieves take from the top. Items are
/// pointers. The owner's pops stop at a floor: entries below it belong to work that this thread has put aside, and are
/// reached by take() only (docs/protocols/fork_deque.md).
///
/// Cost: push and pop are plain loads and stores but for one exchange-like store in pop. Growth doubles the array.
/// Source: Chase and Lev, "Dynamic circular work-stealing deque", SPAA 2005; orders after Le et al., PPoPP 2013, with
/// the fences turned into seq_cst accesses.
template <class T, class Atomics = atomics>
class fork_deque {
 public:
  explicit fork_deque(std::size_t capacity = 1024) {
    use(new ring(capacity));
    shared_.store(mine_, relaxed);  // relaxed: the thread that constructs publishes the deque as a whole
  }
  fork_deque(const fork_deque&) = delete;
  fork_deque& operator=(const fork_deque&) = delete;
  ~fork_deque() {
    while (mine_ != nullptr) {
      ring* older = mine_->older;
      delete mine_;
      mine_ = older;
    }
  }

  /// Owner. False, and nothing pushed, if the array is full and cannot grow.
  [[nodiscard]] MAGPIE_INLINE bool push(T* item) noexcept {
    const std::int64_t bottom = bottom_.load(relaxed);  // relaxed: only we write it
    if (bottom - oldest_ > mask_) [[unlikely]] {
      if (!make_room(bottom)) return false;
    }
    slots_[bottom & mask_].store(item, relaxed);  // relaxed: published by the next line
    bottom_.store(bottom + 1,
                  release);  // F1: pairs with steal()'s load of bottom: the slot, and what the item points to
    return true;
  }

  /// Owner. Whether the next push needs no memory; false also where that is not known at once.
  bool has_room() const noexcept { return bottom_.load(relaxed) - oldest_ <= mask_; }  // relaxed: only we write it

  /// Owner. Takes back the newest entry above the floor. False if there is none, or thieves were faster. The caller
  /// knows which entry it is: it need not be read.
  [[nodiscard]] MAGPIE_INLINE bool pop() noexcept {
    const std::int64_t bottom = bottom_.load(relaxed) - 1;  // relaxed: only we write it
    if (bottom < floor_) [[unlikely]]
      return false;
    bottom_.store(bottom, seq_cst);  // F2: with the load below against steal()'s two: one of us sees the other
    const std::int64_t top = top_.load(seq_cst);  // F2: see above
    if (top < bottom) [[likely]]
      return true;
    return pop_last(bottom, top);
  }

  /// Owner. Takes the newest entry even from below the floor, which sinks with it; nullptr if there is none. The taker
  /// counts as a thief.
  T* take() noexcept {
    const std::int64_t bottom = bottom_.load(relaxed);  // relaxed: only we write it
    if (bottom <= top_.load(relaxed)) return nullptr;   // relaxed: a hint; pop() decides
    floor_ = std::min(floor_, bottom - 1);
    T* item = newest();
    return pop() ? item : nullptr;
  }

  /// Owner. The entry that pop() would take; only if there is one.
  T* newest() const noexcept {
    const std::int64_t bottom = bottom_.load(relaxed);  // relaxed: only we write it
    return slots_[(bottom - 1) & mask_].load(relaxed);  // relaxed: our own store
  }

  /// Owner. From here on pop() leaves alone what is in the deque now.
  void raise_floor() noexcept { floor_ = bottom_.load(relaxed); }  // relaxed: only we write it

  /// Owner. Nothing stands above the floor.
  bool at_floor() const noexcept { return bottom_.load(relaxed) == floor_; }  // relaxed: only we write it

  /// Any thread. Takes the oldest entry into `item`.
  [[nodiscard]] steal_result steal(T*& item) noexcept {
    std::int64_t top = top_.load(seq_cst);  // F2: before the load of bottom, in the order of all seq_cst accesses
    const std::int64_t bottom = bottom_.load(seq_cst);  // F2, and F1: acquires the slot and the item
    if (top >= bottom) return steal_result::empty;
    ring* array = shared_.load(acquire);  // F3: pairs with make_room(): the slots copied into it
    item = array->at(top).load(relaxed);  // relaxed: F1 ordered it; if stale, the exchange below fails
    // F4: one taker for each index. seq_cst: in one order with F2; relaxed on failure: nothing was taken
    return top_.compare_exchange_strong(top, top + 1, seq_cst, relaxed) ? steal_result::taken : steal_result::lost;
  }

  /// Any thread. A hint: a push is a release store and has no place in the order of seq_cst steps, so it may be missed
  /// even by a thread that looks after a seq_cst step of its own. Who sleeps looks again after a while (P4,
  /// docs/protocols/parking.md).
  bool looks_empty() const noexcept {
    const std::int64_t top = top_.load(seq_cst);  // seq_cst: no reason to be weaker, the thread is about to sleep
    return top >= bottom_.load(seq_cst);          // seq_cst: as above
  }

 private:
  using slot = typename Atomics::template atomic<T*>;

  /// An array of a power of two of slots. Outgrown ones stay until the deque ends: a slow thief may still read them.
  struct ring {
    explicit ring(std::size_t capacity)
        : mask(static_cast<std::int64_t>(capacity) - 1), slots(Atomics::template make_array<slot>(capacity)) {}
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    ~ring() { Atomics::destroy_array(slots, static_cast<std::size_t>(mask) + 1); }
    slot& at(std::int64_t index) const noexcept { return slots[index & mask]; }

    std::int64_t mask;
    slot* slots;
    ring* older = nullptr;
  };

  void use(ring* r) noexcept {
    mine_ = r;
    slots_ = r->slots;
    mask_ = r->mask;
  }

  /// The entry at `bottom` is the last one, or gone: compete with the thieves for it.
  MAGPIE_COLD bool pop_last(std::int64_t bottom, std::int64_t top) noexcept {
    // F4: one taker for each index. seq_cst: in one order with F2; relaxed on failure: a thief has it
    const bool taken = top == bottom && top_.compare_exchange_strong(top, top + 1, seq_cst, relaxed);
    bottom_.store(bottom + 1, relaxed);  // relaxed: publishes nothing; the deque is empty at bottom + 1 == top
    return taken;
  }

  MAGPIE_COLD bool make_room(std::int64_t bottom) noexcept {
    oldest_ = top_.load(acquire);  // F5: pairs with the exchange in steal(): its read of the slot came before our reuse
    if (bottom - oldest_ <= mask_) return true;
    ring* bigger = nullptr;
    try {
      bigger = new ring((static_cast<std::size_t>(mask_) + 1) * 2);
    } catch (...) {
      return false;
    }
    for (std::int64_t i = oldest_; i < bottom; ++i) {
      bigger->at(i).store(mine_->at(i).load(relaxed), relaxed);  // relaxed: our own stores, published below
    }
    bigger->older = mine_;
    use(bigger);
    shared_.store(bigger, release);  // F3: pairs with the acquire in steal(): who sees `bigger` sees its slots
    return true;
  }

  // The owner's line. bottom_ is read by thieves, the rest by the owner only.
  alignas(line_size) typename Atomics::template atomic<std::int64_t> bottom_{0};
  slot* slots_;        // of mine_
  std::int64_t mask_;  // of mine_
  std::int64_t floor_ = 0;
  std::int64_t oldest_ = 0;  // a past value of top_: saves the owner from reading the thieves' line
  ring* mine_;
  // The thieves' line.
  alignas(line_size) typename Atomics::template atomic<std::int64_t> top_{0};
  typename Atomics::template atomic<ring*> shared_{nullptr};
};

}  // namespace magpie::detail
