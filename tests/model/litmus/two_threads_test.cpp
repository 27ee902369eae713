#include "litmus.hpp"

// The shapes with two threads. Where a test names no other source, its verdict is that of herd7 with rc11.cat (Lahav,
// Vafeiadis, Kang, Hur, Dreyer: "Repairing sequential consistency in C/C++11", PLDI 2017), the shapes those of
// Maranget, Sarkar, Sewell: "A tutorial introduction to the ARM and POWER relaxed memory models", 2012; the coherence
// rules are [intro.races] paragraphs 14 to 18 of C++20.
namespace litmus {
namespace {

const tuples all_four = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};

// ---- message passing: (flag, data) ----

template <std::memory_order Store, std::memory_order Load>
struct message_passing {
  static constexpr int threads = 2;
  atomic<int> data{0}, flag{0};
  int seen_flag = 0, seen_data = 0;
  void thread(int self) {
    if (self == 0) {
      data.store(1, rlx);
      flag.store(1, Store);
    } else {
      seen_flag = flag.load(Load);
      seen_data = data.load(rlx);
    }
  }
  tuple outcome() const { return {seen_flag, seen_data}; }
};

TEST(Litmus, MessagePassingRelaxed) { (expect_outcomes<message_passing<rlx, rlx>>(all_four)); }
TEST(Litmus, MessagePassingReleaseOnly) { (expect_outcomes<message_passing<rel, rlx>>(all_four)); }
TEST(Litmus, MessagePassingAcquireOnly) { (expect_outcomes<message_passing<rlx, acq>>(all_four)); }
TEST(Litmus, MessagePassingReleaseAcquire) { (expect_outcomes<message_passing<rel, acq>>({{0, 0}, {0, 1}, {1, 1}})); }
TEST(Litmus, MessagePassingSeqCst) { (expect_outcomes<message_passing<sc, sc>>({{0, 0}, {0, 1}, {1, 1}})); }

/// C++20 [atomics.fences] paragraphs 2 to 4: a fence stands in for the order of the store before which, or of the load
/// after which, it stands.
template <std::memory_order Release, std::memory_order Store, std::memory_order Load, std::memory_order Acquire>
struct message_passing_fences {
  static constexpr int threads = 2;
  atomic<int> data{0}, flag{0};
  int seen_flag = 0, seen_data = 0;
  void thread(int self) {
    if (self == 0) {
      data.store(1, rlx);
      if constexpr (Release != rlx) fence(Release);
      flag.store(1, Store);
    } else {
      seen_flag = flag.load(Load);
      if constexpr (Acquire != rlx) fence(Acquire);
      seen_data = data.load(rlx);
    }
  }
  tuple outcome() const { return {seen_flag, seen_data}; }
};

TEST(Litmus, FenceFence) { (expect_outcomes<message_passing_fences<rel, rlx, rlx, acq>>({{0, 0}, {0, 1}, {1, 1}})); }
TEST(Litmus, FenceAtomic) { (expect_outcomes<message_passing_fences<rel, rlx, acq, rlx>>({{0, 0}, {0, 1}, {1, 1}})); }
TEST(Litmus, AtomicFence) { (expect_outcomes<message_passing_fences<rlx, rel, rlx, acq>>({{0, 0}, {0, 1}, {1, 1}})); }
TEST(Litmus, FenceScFenceSc) { (expect_outcomes<message_passing_fences<sc, rlx, rlx, sc>>({{0, 0}, {0, 1}, {1, 1}})); }
TEST(Litmus, ReleaseFenceAlone) { (expect_outcomes<message_passing_fences<rel, rlx, rlx, rlx>>(all_four)); }
TEST(Litmus, AcquireFenceInPlaceOfRelease) { (expect_outcomes<message_passing_fences<acq, rlx, rlx, acq>>(all_four)); }

/// A release fence works for the stores behind it, not for the one before it.
struct fence_too_late {
  static constexpr int threads = 2;
  atomic<int> data{0}, flag{0};
  int seen_flag = 0, seen_data = 0;
  void thread(int self) {
    if (self == 0) {
      data.store(1, rlx);
      flag.store(1, rlx);
      fence(rel);
    } else {
      seen_flag = flag.load(acq);
      seen_data = data.load(rlx);
    }
  }
  tuple outcome() const { return {seen_flag, seen_data}; }
};
TEST(Litmus, FenceBehindTheStore) { expect_outcomes<fence_too_late>(all_four); }

// ---- store buffering ----

template <std::memory_order Store, std::memory_order Load, std::memory_order Fence0 = rlx,
          std::memory_order Fence1 = Fence0>
struct store_buffering {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  int r0 = 0, r1 = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(1, Store);
      if constexpr (Fence0 != rlx) fence(Fence0);
      r0 = y.load(Load);
    } else {
      y.store(1, Store);
      if constexpr (Fence1 != rlx) fence(Fence1);
      r1 = x.load(Load);
    }
  }
  tuple outcome() const { return {r0, r1}; }
};
const tuples not_both_zero = {{0, 1}, {1, 0}, {1, 1}};

TEST(Litmus, StoreBufferingRelaxed) { (expect_outcomes<store_buffering<rlx, rlx>>(all_four)); }
TEST(Litmus, StoreBufferingReleaseAcquire) { (expect_outcomes<store_buffering<rel, acq>>(all_four)); }
TEST(Litmus, StoreBufferingSeqCst) { (expect_outcomes<store_buffering<sc, sc>>(not_both_zero)); }
TEST(Litmus, StoreBufferingScFences) { (expect_outcomes<store_buffering<rlx, rlx, sc>>(not_both_zero)); }
TEST(Litmus, StoreBufferingAcqRelFences) { (expect_outcomes<store_buffering<rlx, rlx, ar>>(all_four)); }
TEST(Litmus, StoreBufferingOneScFence) { (expect_outcomes<store_buffering<rlx, rlx, sc, rlx>>(all_four)); }
/// Both sides must be in S: what an implementation that maps a seq_cst access to a fence plus an access gets wrong.
TEST(Litmus, StoreBufferingScStoresOnly) { (expect_outcomes<store_buffering<sc, rlx>>(all_four)); }
TEST(Litmus, StoreBufferingScLoadsOnly) { (expect_outcomes<store_buffering<rlx, sc>>(all_four)); }
TEST(Litmus, StoreBufferingReleaseStoresScLoads) { (expect_outcomes<store_buffering<rel, sc>>(all_four)); }

/// A fence on one side, seq_cst accesses on the other: [atomics.order] paragraph 4.2 and 4.3.
template <std::memory_order Store>
struct store_buffering_mixed {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  int r0 = 0, r1 = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(1, rlx);
      fence(sc);
      r0 = y.load(rlx);
    } else {
      y.store(1, Store);
      r1 = x.load(sc);
    }
  }
  tuple outcome() const { return {r0, r1}; }
};
TEST(Litmus, StoreBufferingFenceAgainstScAccesses) { (expect_outcomes<store_buffering_mixed<sc>>(not_both_zero)); }
TEST(Litmus, StoreBufferingFenceAgainstScLoad) { (expect_outcomes<store_buffering_mixed<rlx>>(all_four)); }

/// A seq_cst read-modify-write is no fence: the relaxed load behind it may still be early.
template <std::memory_order Load>
struct store_buffering_exchange {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  int r0 = 0, r1 = 0;
  void thread(int self) {
    if (self == 0) {
      x.exchange(1, sc);
      r0 = y.load(Load);
    } else {
      y.exchange(1, sc);
      r1 = x.load(Load);
    }
  }
  tuple outcome() const { return {r0, r1}; }
};
TEST(Litmus, StoreBufferingExchangeThenAcquire) { (expect_outcomes<store_buffering_exchange<acq>>(all_four)); }
TEST(Litmus, StoreBufferingExchangeThenSeqCst) { (expect_outcomes<store_buffering_exchange<sc>>(not_both_zero)); }

// ---- load buffering ----

template <std::memory_order Load, std::memory_order Store>
struct load_buffering {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  int r0 = 0, r1 = 0;
  void thread(int self) {
    if (self == 0) {
      r0 = x.load(Load);
      y.store(1, Store);
    } else {
      r1 = y.load(Load);
      x.store(1, Store);
    }
  }
  tuple outcome() const { return {r0, r1}; }
};
/// C++20's text allows (1,1) for relaxed; RC11 forbids every cycle of program order and reads-from, and so do we: the
/// outcome is out of reach of an engine that runs threads. Documented as not covered.
TEST(Litmus, LoadBufferingRelaxedAsRC11) { (expect_outcomes<load_buffering<rlx, rlx>>({{0, 0}, {0, 1}, {1, 0}})); }
TEST(Litmus, LoadBufferingAcquireRelease) { (expect_outcomes<load_buffering<acq, rel>>({{0, 0}, {0, 1}, {1, 0}})); }

// ---- stores against stores: 2+2W, S, R ----

template <std::memory_order Store, std::memory_order Fence = rlx>
struct two_plus_two_writes {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  void thread(int self) {
    if (self == 0) {
      x.store(1, Store);
      if constexpr (Fence != rlx) fence(Fence);
      y.store(2, Store);
    } else {
      y.store(1, Store);
      if constexpr (Fence != rlx) fence(Fence);
      x.store(2, Store);
    }
  }
  tuple outcome() const { return {x.load(rlx), y.load(rlx)}; }
};
TEST(Litmus, TwoPlusTwoWritesRelaxed) { (expect_outcomes<two_plus_two_writes<rlx>>({{1, 1}, {1, 2}, {2, 1}, {2, 2}})); }
TEST(Litmus, TwoPlusTwoWritesRelease) { (expect_outcomes<two_plus_two_writes<rel>>({{1, 1}, {1, 2}, {2, 1}, {2, 2}})); }
TEST(Litmus, TwoPlusTwoWritesSeqCst) { (expect_outcomes<two_plus_two_writes<sc>>({{1, 2}, {2, 1}, {2, 2}})); }
TEST(Litmus, TwoPlusTwoWritesScFences) { (expect_outcomes<two_plus_two_writes<rlx, sc>>({{1, 2}, {2, 1}, {2, 2}})); }

/// (what was read of y, the final x)
template <std::memory_order Store, std::memory_order Load>
struct shape_s {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  int r = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(2, rlx);
      y.store(1, Store);
    } else {
      r = y.load(Load);
      x.store(1, rlx);
    }
  }
  tuple outcome() const { return {r, x.load(rlx)}; }
};
TEST(Litmus, ShapeSRelaxed) { (expect_outcomes<shape_s<rlx, rlx>>({{0, 1}, {0, 2}, {1, 1}, {1, 2}})); }
TEST(Litmus, ShapeSReleaseAcquire) { (expect_outcomes<shape_s<rel, acq>>({{0, 1}, {0, 2}, {1, 1}})); }

/// (the final y, what was read of x)
template <std::memory_order Store, std::memory_order Load, std::memory_order Fence = rlx>
struct shape_r {
  static constexpr int threads = 2;
  atomic<int> x{0}, y{0};
  int r = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(1, Store);
      if constexpr (Fence != rlx) fence(Fence);
      y.store(1, Store);
    } else {
      y.store(2, Store);
      if constexpr (Fence != rlx) fence(Fence);
      r = x.load(Load);
    }
  }
  tuple outcome() const { return {y.load(rlx), r}; }
};
TEST(Litmus, ShapeRReleaseAcquire) { (expect_outcomes<shape_r<rel, acq>>({{1, 0}, {1, 1}, {2, 0}, {2, 1}})); }
TEST(Litmus, ShapeRSeqCst) { (expect_outcomes<shape_r<sc, sc>>({{1, 0}, {1, 1}, {2, 1}})); }
TEST(Litmus, ShapeRScFences) { (expect_outcomes<shape_r<rlx, rlx, sc>>({{1, 0}, {1, 1}, {2, 1}})); }

}  // namespace
}  // namespace litmus
