#pragma once

#include <magpie/model/explore.hpp>

#include <atomic>
#include <cstddef>

/// The work-stealing deque of Le, Pop, Cohen, Zappa Nardelli: "Correct and efficient work-stealing for weak memory
/// models", PPoPP 2013, figure 1, in C++ and with each of its orders a parameter. Items are numbers, 0 is none.
namespace classics {

namespace model = magpie::model;

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

/// As published. A mutant derives and weakens one.
struct chase_lev_orders {
  static constexpr std::memory_order push_top = acquire;
  static constexpr std::memory_order push_fence = release;
  static constexpr std::memory_order resize_array = release;
  static constexpr std::memory_order take_fence = seq_cst;
  static constexpr std::memory_order take_exchange = seq_cst;
  static constexpr std::memory_order steal_top = acquire;
  static constexpr std::memory_order steal_fence = seq_cst;
  static constexpr std::memory_order steal_bottom = acquire;
  static constexpr std::memory_order steal_array = acquire;  // consume in the paper, which C++ no longer recommends
  static constexpr std::memory_order steal_exchange = seq_cst;
};

template <class Orders>
class chase_lev {
 public:
  explicit chase_lev(int capacity) : array_(make(capacity, nullptr)) {}
  ~chase_lev() {
    for (array* each = array_.load(relaxed); each != nullptr;) {
      array* older = each->older;
      model::destroy_array(each->slots, static_cast<std::size_t>(each->capacity));
      model::destroy(each);
      each = older;
    }
  }

  void push(int item) {
    const int b = bottom_.load(relaxed);
    const int t = top_.load(Orders::push_top);
    array* a = array_.load(relaxed);
    if (b - t > a->capacity - 1) a = grow(a, t, b);
    a->slot(b).store(item, relaxed);
    fence<Orders::push_fence>();
    bottom_.store(b + 1, relaxed);
  }

  int take() {
    const int b = bottom_.load(relaxed) - 1;
    array* a = array_.load(relaxed);
    bottom_.store(b, relaxed);
    fence<Orders::take_fence>();
    int t = top_.load(relaxed);
    if (t > b) {
      bottom_.store(b + 1, relaxed);
      return 0;
    }
    int item = a->slot(b).load(relaxed);
    if (t == b) {
      if (!top_.compare_exchange_strong(t, t + 1, Orders::take_exchange, relaxed)) item = 0;
      bottom_.store(b + 1, relaxed);
    }
    return item;
  }

  int steal() {
    int t = top_.load(Orders::steal_top);
    fence<Orders::steal_fence>();
    const int b = bottom_.load(Orders::steal_bottom);
    if (t >= b) return 0;
    array* a = array_.load(Orders::steal_array);
    const int item = a->slot(t).load(relaxed);
    return top_.compare_exchange_strong(t, t + 1, Orders::steal_exchange, relaxed) ? item : 0;
  }

  /// Takes up to `limit` items, one at a time, but looks for the array only once where `Refresh` is false: the fault of
  /// crossbeam-deque before 0.8.1 (CVE-2021-32810). The bounds are read anew each time, and may belong to a newer
  /// array.
  template <bool Refresh, class Use>
  void steal_batch(int limit, Use use) {
    array* a = nullptr;
    for (int i = 0; i < limit; ++i) {
      int t = top_.load(acquire);
      model::fence(seq_cst);
      const int b = bottom_.load(acquire);
      if (t >= b) return;
      if (Refresh || a == nullptr) a = array_.load(acquire);
      const int item = a->slot(t).load(relaxed);
      if (!top_.compare_exchange_strong(t, t + 1, seq_cst, relaxed)) return;
      use(item);
    }
  }

 private:
  struct array {
    int capacity;
    model::atomic<int>* slots;
    array* older;
    model::atomic<int>& slot(int index) { return slots[index & (capacity - 1)]; }
  };
  static array* make(int capacity, array* older) {
    return model::make_named<array>(
        "ring", array{capacity, model::make_array<model::atomic<int>>(static_cast<std::size_t>(capacity)), older});
  }
  array* grow(array* old, int t, int b) {
    array* bigger = make(old->capacity * 2, old);
    for (int i = t; i < b; ++i) bigger->slot(i).store(old->slot(i).load(relaxed), relaxed);
    array_.store(bigger, Orders::resize_array);
    return bigger;
  }
  template <std::memory_order Order>
  static void fence() {
    if constexpr (Order != relaxed) model::fence(Order);
  }

  model::atomic<int> top_{0};
  model::atomic<int> bottom_{0};
  model::atomic<array*> array_;
};

/// Hands out numbered items; each must come out once, with what its maker wrote for it.
template <int Items>
class ledger {
 public:
  void make(int item) { payload_[item] = item * 10; }
  void use(int item) {
    if (item == 0) return;
    model::check(item > 0 && item <= Items, "an item that nobody pushed");
    model::check(payload_[item] == item * 10, "an item without its payload");
    model::check(++taken_[item] == 1, "an item came out twice");
  }
  void all_used() {
    for (int i = 1; i <= Items; ++i) model::check(taken_[i] == 1, "an item was lost");
  }

 private:
  model::plain<int> payload_[Items + 1];
  int taken_[Items + 1] = {};
};

/// The owner pushes two and takes two; thieves steal once each. Growth from capacity 1 in between.
template <class Orders, int Threads, int Capacity>
struct chase_lev_scene {
  static constexpr int threads = Threads;
  chase_lev<Orders> deque{Capacity};
  ledger<2> items;

  void thread(int self) {
    if (self != 0) return items.use(deque.steal());
    for (int item = 1; item <= 2; ++item) {
      items.make(item);
      deque.push(item);
    }
    items.use(deque.take());
    items.use(deque.take());
  }
  void after() {
    items.use(deque.take());
    items.use(deque.take());
    items.all_used();
  }
};

}  // namespace classics
