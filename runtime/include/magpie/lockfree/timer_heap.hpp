#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/lockfree/spin_lock.hpp>

#include <cstdint>

namespace magpie::detail {

/// A time at which something happens. It lives in what it belongs to, a waiter's frame for example.
template <class Atomics = atomics>
class basic_timer : public list_links<basic_timer<Atomics>, void, Atomics> {
 public:
  basic_timer() noexcept = default;
  basic_timer(const basic_timer&) = delete;
  basic_timer& operator=(const basic_timer&) = delete;

  /// The deadline has passed. At most once for each time that it was armed, on any thread, which holds no lock. The
  /// timer may be gone afterwards.
  virtual void timer_fired() noexcept = 0;

  /// Nanoseconds on the clock of the runtime. Set before it is armed.
  std::int64_t due = no_deadline;
  /// Which of a runtime's heaps it was armed in.
  std::uint32_t home = 0;

  // The heap's, under its lock.
  typename Atomics::template plain<basic_timer*> first_child{nullptr};  // the first; its siblings follow as a list
  typename Atomics::template plain<bool> armed{false};

 protected:
  ~basic_timer() = default;
};

/// Timers in the order of their deadlines, under a lock: a pairing heap, so that arming takes constant time, disarming
/// a timer that nothing was compared with since too, and all else O(log n) amortised (docs/protocols/timers.md).
///
/// Cost: no allocation. Source: Fredman, Sedgewick, Sleator and Tarjan, "The pairing heap: a new form of self-adjusting
/// heap", Algorithmica 1986.
template <class Atomics = atomics>
class timer_heap {
 public:
  using timer = basic_timer<Atomics>;

  timer_heap() noexcept = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;

  /// True: none was due earlier.
  bool arm(timer& t) noexcept {
    const locked hold(lock_);
    t.armed = true;
    t.first_child = nullptr;
    t.next = t.previous = nullptr;
    root_ = root_ == nullptr ? &t : meld(root_, &t);
    if (root_ != &t) return false;
    note_earliest();
    return true;
  }

  /// True: it will not fire. False: it has, or is about to.
  [[nodiscard]] bool disarm(timer& t) noexcept {
    const locked hold(lock_);
    if (!t.armed) return false;  // T1: it was taken under this lock
    t.armed = false;
    remove(&t);
    return true;
  }

  /// The earliest deadline; no_deadline if there is none. A hint; what was armed before a seq_cst step is seen after
  /// it.
  std::int64_t earliest() const noexcept {
    return earliest_.load(seq_cst);  // T2: a keeper looks after its announcement
  }

  /// Takes what is due at `now`, up to `most`, into `due`: each is to be fired. T1: taken under the lock, fired after
  /// it.
  template <class List>
  void take_due(std::int64_t now, unsigned most, List& due) noexcept {
    if (earliest() > now) return;
    const locked hold(lock_);
    for (; most > 0 && root_ != nullptr && root_->due <= now; --most) {
      timer* const t = root_;
      t->armed = false;
      remove(t);
      due.push_back(t);
    }
  }

 private:
  /// `previous` of a first child is its parent, of others the sibling before; the root has none.
  static timer* meld(timer* a, timer* b) noexcept {
    if (b->due < a->due) {
      timer* const c = a;
      a = b;
      b = c;
    }
    timer* const first = a->first_child;
    b->next = first;
    b->previous = a;
    if (first != nullptr) first->previous = b;
    a->first_child = b;
    return a;
  }

  /// Pairs from left to right, then melds the pairs from right to left.
  static timer* meld_all(timer* first) noexcept {
    timer* pairs = nullptr;
    while (first != nullptr) {
      timer* const a = first;
      timer* const b = a->next;
      first = b != nullptr ? static_cast<timer*>(b->next) : nullptr;
      timer* const pair = b != nullptr ? meld(a, b) : a;
      pair->next = pairs;
      pairs = pair;
    }
    timer* root = pairs;
    if (root == nullptr) return nullptr;
    pairs = root->next;
    while (pairs != nullptr) {
      timer* const after = pairs->next;
      root = meld(root, pairs);
      pairs = after;
    }
    root->next = root->previous = nullptr;
    return root;
  }

  void remove(timer* t) noexcept {
    timer* const below = meld_all(t->first_child);
    if (t == root_) {
      root_ = below;
      note_earliest();
      return;
    }
    timer* const before = t->previous;
    timer* const after = t->next;
    if (before->first_child == t) {
      before->first_child = after;
    } else {
      before->next = after;
    }
    if (after != nullptr) after->previous = before;
    if (below != nullptr) root_ = meld(root_, below);
  }

  void note_earliest() noexcept {
    // T2: seq_cst: before the look whether a keeper must be woken
    earliest_.store(root_ != nullptr ? root_->due : no_deadline, seq_cst);
  }

  spin_lock<Atomics> lock_;
  typename Atomics::template plain<timer*> root_{nullptr};
  typename Atomics::template atomic<std::int64_t> earliest_{no_deadline};
};

using timer_node = basic_timer<>;

}  // namespace magpie::detail
