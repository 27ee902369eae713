#include <magpie/model/expectations.hpp>

#include <atomic>
#include <cstdint>

// Mistakes that were made in public, each beside the version that is right. A template argument says which one it is.
namespace classics {
namespace {

using namespace magpie::model;

constexpr std::memory_order relaxed = std::memory_order_relaxed;
constexpr std::memory_order acquire = std::memory_order_acquire;
constexpr std::memory_order release = std::memory_order_release;
constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

// ---- Treiber's stack (1986), whose nodes are reused ----

enum class head_kind { bare, tagged };

/// Nodes are numbers 1 to 3, 0 is none. `tagged` counts the exchanges in the upper half of the head, which tells apart
/// two moments at which the same node is on top.
template <head_kind Kind>
class treiber_stack {
 public:
  void push(std::uint64_t node) {
    std::uint64_t top = head_.load(relaxed);
    do {
      next_[node].store(top & low, relaxed);
    } while (!head_.compare_exchange_strong(top, bump(top) | node, release, relaxed));
  }
  std::uint64_t pop() {
    std::uint64_t top = head_.load(acquire);
    while ((top & low) != 0) {
      const std::uint64_t below = next_[top & low].load(relaxed);
      if (head_.compare_exchange_strong(top, bump(top) | below, acquire, acquire)) return top & low;
    }
    return 0;
  }

 private:
  static constexpr std::uint64_t low = 0xffffffff;
  static std::uint64_t bump(std::uint64_t top) { return Kind == head_kind::tagged ? (top & ~low) + (low + 1) : 0; }

  atomic<std::uint64_t> head_{0};
  atomic<std::uint64_t> next_[4];
};

template <head_kind Kind>
struct aba {
  static constexpr int threads = 2;
  treiber_stack<Kind> stack;
  int holders[4] = {};  // a node is in the stack, or somebody who popped it holds it

  aba() {
    for (std::uint64_t node : {2, 1}) stack.push(node);
  }
  void thread(int self) {
    const std::uint64_t first = stack.pop();
    if (self == 0) {
      ++holders[first];
      return;
    }
    ++holders[stack.pop()];
    if (first != 0) stack.push(first);
  }
  void after() {
    while (const std::uint64_t node = stack.pop()) ++holders[node];
    check(holders[1] == 1 && holders[2] == 1, "a node is lost, or has two owners");
  }
};
TEST(Treiber, CatchesAba) { (expect_fails<aba<head_kind::bare>>("two owners")); }
TEST(Treiber, HoldsWithTag) { (expect_holds<aba<head_kind::tagged>>({.preemptions = unbounded})); }

// ---- a pop that frees the node it has just taken ----

enum class reclamation { at_once, at_the_end };

template <reclamation When>
struct freeing_stack {
  static constexpr int threads = 2;
  struct node {
    explicit node(node* below) : next(below) {}
    atomic<node*> next;
  };
  atomic<node*> head{nullptr};
  node* kept[2] = {};

  freeing_stack() {
    node* bottom = make_named<node>("node", nullptr);
    head.store(make_named<node>("node", bottom), relaxed);
  }
  void thread(int self) {
    node* top = head.load(acquire);
    while (top != nullptr && !head.compare_exchange_strong(top, top->next.load(relaxed), acq_rel, acquire)) {
    }
    if (When == reclamation::at_once) {
      destroy(top);
    } else {
      kept[self] = top;
    }
  }
  void after() {
    for (node* each : kept) destroy(each);
  }
};
TEST(Treiber, CatchesUseAfterFree) { expect_fails<freeing_stack<reclamation::at_once>>("use after free"); }
TEST(Treiber, HoldsWithReclamationAtTheEnd) {
  expect_holds<freeing_stack<reclamation::at_the_end>>({.preemptions = unbounded});
}

// ---- an eventcount: announce, look again, sleep ----

struct eventcount_orders {
  static constexpr bool looks_again = true;
  static constexpr std::memory_order announce = seq_cst;  // the waiter says that it will sleep
  static constexpr std::memory_order look_again = seq_cst;
  static constexpr std::memory_order publish = seq_cst;  // the producer
  static constexpr std::memory_order look_for_waiters = seq_cst;
};

template <class Orders>
struct eventcount {
  static constexpr int threads = 2;
  atomic<std::uint32_t> epoch{0};
  atomic<int> waiters{0};
  atomic<int> item{0};

  void thread(int self) {
    if (self == 0) {
      item.store(1, Orders::publish);
      if (waiters.load(Orders::look_for_waiters) != 0) {
        epoch.fetch_add(1, release);
        futex::wake_all(epoch);
      }
      return;
    }
    while (item.load(acquire) == 0) {
      waiters.fetch_add(1, Orders::announce);
      const std::uint32_t seen = epoch.load(acquire);
      if (!Orders::looks_again || item.load(Orders::look_again) == 0) futex::wait(epoch, seen);
      waiters.fetch_sub(1, relaxed);
    }
  }
};
TEST(Eventcount, Holds) { expect_holds<eventcount<eventcount_orders>>({.preemptions = unbounded}); }

struct no_second_look : eventcount_orders {
  static constexpr bool looks_again = false;
};
TEST(Eventcount, CatchesMissingSecondLook) { expect_fails<eventcount<no_second_look>>("deadlock"); }

struct weak_announce : eventcount_orders {
  static constexpr std::memory_order announce = acq_rel;
};
TEST(Eventcount, CatchesAnnounce) { expect_fails<eventcount<weak_announce>>("deadlock"); }

struct weak_look_again : eventcount_orders {
  static constexpr std::memory_order look_again = acquire;
};
TEST(Eventcount, CatchesLookAgain) { expect_fails<eventcount<weak_look_again>>("deadlock"); }

struct weak_publish : eventcount_orders {
  static constexpr std::memory_order publish = release;
};
TEST(Eventcount, CatchesPublish) { expect_fails<eventcount<weak_publish>>("deadlock"); }

struct weak_look_for_waiters : eventcount_orders {
  static constexpr std::memory_order look_for_waiters = acquire;
};
TEST(Eventcount, CatchesLookForWaiters) { expect_fails<eventcount<weak_look_for_waiters>>("deadlock"); }

// ---- a seqlock: Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012 ----

struct seqlock_orders {
  static constexpr std::memory_order first_load = acquire;
  static constexpr std::memory_order reader_fence = acquire;
  static constexpr std::memory_order writer_fence = release;
  static constexpr std::memory_order last_store = release;
};

template <class Orders>
struct seqlock {
  static constexpr int threads = 2;
  atomic<int> sequence{0};
  atomic<int> left{0}, right{0};

  void thread(int self) {
    if (self == 0) {
      for (int i = 1; i <= 2; ++i) {
        sequence.store(2 * i - 1, relaxed);
        optional_fence<Orders::writer_fence>();
        left.store(i, relaxed);
        right.store(i, relaxed);
        sequence.store(2 * i, Orders::last_store);
      }
    } else {
      const int before = sequence.load(Orders::first_load);
      const int l = left.load(relaxed), r = right.load(relaxed);
      optional_fence<Orders::reader_fence>();
      const bool undisturbed = before % 2 == 0 && sequence.load(relaxed) == before;
      check(!undisturbed || l == r, "a torn read was taken for a whole one");
    }
  }
  template <std::memory_order Order>
  static void optional_fence() {
    if constexpr (Order != relaxed) fence(Order);
  }
};
TEST(Seqlock, Holds) { expect_holds<seqlock<seqlock_orders>>({.preemptions = unbounded}); }

struct relaxed_first_load : seqlock_orders {
  static constexpr std::memory_order first_load = relaxed;
};
TEST(Seqlock, CatchesFirstLoad) { expect_fails<seqlock<relaxed_first_load>>("torn read"); }

struct no_reader_fence : seqlock_orders {
  static constexpr std::memory_order reader_fence = relaxed;
};
TEST(Seqlock, CatchesReaderFence) { expect_fails<seqlock<no_reader_fence>>("torn read"); }

struct no_writer_fence : seqlock_orders {
  static constexpr std::memory_order writer_fence = relaxed;
};
TEST(Seqlock, CatchesWriterFence) { expect_fails<seqlock<no_writer_fence>>("torn read"); }

struct relaxed_last_store : seqlock_orders {
  static constexpr std::memory_order last_store = relaxed;
};
TEST(Seqlock, CatchesLastStore) { expect_fails<seqlock<relaxed_last_store>>("torn read"); }

// ---- double-checked locking: Meyers, Alexandrescu, "C++ and the perils of double-checked locking", 2004 ----

template <std::memory_order Load, std::memory_order Store>
struct double_checked {
  static constexpr int threads = 2;
  struct object {
    plain<int> value{7};
  };
  atomic<object*> instance{nullptr};
  mutex lock;

  object* get() {
    object* it = instance.load(Load);
    if (it != nullptr) return it;
    lock.lock();
    it = instance.load(relaxed);  // the lock orders it
    if (it == nullptr) {
      it = make<object>();
      instance.store(it, Store);
    }
    lock.unlock();
    return it;
  }
  void thread(int) { check(get()->value == 7, "a half-made object"); }
  void after() { destroy(instance.load(relaxed)); }
};
TEST(DoubleChecked, Holds) { (expect_holds<double_checked<acquire, release>>({.preemptions = unbounded})); }
TEST(DoubleChecked, CatchesRelaxedLoad) { (expect_fails<double_checked<relaxed, release>>("data race")); }
TEST(DoubleChecked, CatchesRelaxedStore) { (expect_fails<double_checked<acquire, relaxed>>("data race")); }

// ---- the last reference frees ----

template <std::memory_order Drop>
struct counted {
  static constexpr int threads = 2;
  struct object {
    atomic<int> references{2};
    plain<int> value{0};
  };
  object* shared = make<object>();

  void thread(int) {
    const int value = shared->value;
    check(value == 0, "nobody writes it");
    if (shared->references.fetch_sub(1, Drop) == 1) destroy(shared);
  }
};
TEST(ReferenceCount, Holds) { expect_holds<counted<acq_rel>>({.preemptions = unbounded}); }
TEST(ReferenceCount, CatchesRelaxedDrop) { expect_fails<counted<relaxed>>("data race: this destruction"); }
TEST(ReferenceCount, CatchesReleaseWithoutAcquire) { expect_fails<counted<release>>("data race: this destruction"); }

// ---- Peterson's mutual exclusion (1981) needs S, or an exchange (A. Williams) ----

enum class turn_by { store, exchange };

template <std::memory_order Order, turn_by Turn>
struct peterson {
  static constexpr int threads = 2;
  atomic<bool> wants[2] = {false, false};
  atomic<int> turn{0};
  plain<int> inside{0};

  void thread(int self) {
    const bool strong = Order == seq_cst;
    wants[self].store(true, strong ? seq_cst : release);
    if (Turn == turn_by::store) {
      turn.store(1 - self, strong ? seq_cst : release);
    } else {
      turn.exchange(1 - self, acq_rel);
    }
    while (wants[1 - self].load(strong ? seq_cst : acquire) && turn.load(strong ? seq_cst : acquire) == 1 - self)
      atomics::pause();
    ++inside;
    wants[self].store(false, release);
  }
  void after() { check(inside == 2, "an increment was lost"); }
};
TEST(Peterson, HoldsWithSeqCst) { (expect_holds<peterson<seq_cst, turn_by::store>>({.preemptions = 3})); }
TEST(Peterson, HoldsWithExchange) { (expect_holds<peterson<acq_rel, turn_by::exchange>>({.preemptions = 3})); }
TEST(Peterson, CatchesAcquireRelease) { (expect_fails<peterson<acq_rel, turn_by::store>>("data race")); }

}  // namespace
}  // namespace classics
