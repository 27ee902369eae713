#include "litmus.hpp"

// Shapes with three and four threads, release sequences, and where C++20 differs from C++11. Sources as in
// two_threads_test.cpp, and by name: "PLDI'17" is Lahav et al.; P0668 "Revising the C++ memory model" and P0982 "Weaken
// release sequences" are the papers that changed C++20.
namespace litmus {
namespace {

// ---- independent reads of independent writes ----

template <std::memory_order Store, std::memory_order First, std::memory_order Second, bool Fences = false>
struct iriw {
  static constexpr int threads = 4;
  atomic<int> x{0}, y{0};
  int r[4] = {};
  void thread(int self) {
    switch (self) {
      case 0:
        x.store(1, Store);
        break;
      case 1:
        y.store(1, Store);
        break;
      case 2:
        r[0] = x.load(First);
        if (Fences) fence(sc);
        r[1] = y.load(Second);
        break;
      default:
        r[2] = y.load(First);
        if (Fences) fence(sc);
        r[3] = x.load(Second);
    }
  }
  tuple outcome() const { return {r[0], r[1], r[2], r[3]}; }
};
/// Every combination, with or without the one on which the readers disagree.
tuples iriw_outcomes(bool disagree) {
  tuples set;
  for (int i = 0; i < 16; ++i) set.insert({i & 1, i >> 1 & 1, i >> 2 & 1, i >> 3 & 1});
  if (!disagree) set.erase({1, 0, 1, 0});
  return set;
}
TEST(Litmus, IriwRelaxed) { (expect_outcomes<iriw<rlx, rlx, rlx>>(iriw_outcomes(true))); }
TEST(Litmus, IriwReleaseAcquire) { (expect_outcomes<iriw<rel, acq, acq>>(iriw_outcomes(true))); }
TEST(Litmus, IriwSeqCst) { (expect_outcomes<iriw<sc, sc, sc>>(iriw_outcomes(false))); }
/// C++11 forbade it, Power's usual mapping shows it: allowed since P0668 (PLDI'17, figure "IRIW-acq-sc").
TEST(Litmus, IriwAcquireThenSeqCst) { (expect_outcomes<iriw<sc, acq, sc>>(iriw_outcomes(true))); }
/// C++11's fences were too weak to forbid it; they are not any more (PLDI'17, section 3; P0668).
TEST(Litmus, IriwScFences) { (expect_outcomes<iriw<rlx, rlx, rlx, true>>(iriw_outcomes(false))); }

// ---- write to read causality ----

template <std::memory_order Write, std::memory_order Read, std::memory_order Store, std::memory_order Load>
struct wrc {
  static constexpr int threads = 3;
  atomic<int> x{0}, y{0};
  int r0 = 0, r1 = 0, r2 = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        x.store(1, Write);
        break;
      case 1:
        r0 = x.load(Read);
        y.store(1, Store);
        break;
      default:
        r1 = y.load(Load);
        r2 = x.load(rlx);
    }
  }
  tuple outcome() const { return {r0, r1, r2}; }
};
tuples eight_without(const tuples& forbidden) {
  tuples set;
  for (int i = 0; i < 8; ++i) set.insert({i >> 2 & 1, i >> 1 & 1, i & 1});
  for (const tuple& each : forbidden) set.erase(each);
  return set;
}
TEST(Litmus, WrcRelaxed) { (expect_outcomes<wrc<rlx, rlx, rlx, rlx>>(eight_without({}))); }
TEST(Litmus, WrcReleaseAcquire) { (expect_outcomes<wrc<rel, acq, rel, acq>>(eight_without({{1, 1, 0}}))); }
/// The first hop needs no order: a read that happens before another one is coherent with it (CoRR).
TEST(Litmus, WrcByCoherence) { (expect_outcomes<wrc<rlx, rlx, rel, acq>>(eight_without({{1, 1, 0}}))); }
TEST(Litmus, WrcBrokenSecondHop) { (expect_outcomes<wrc<rel, acq, rlx, acq>>(eight_without({}))); }

// ---- ISA2: message passing through a third thread ----

template <std::memory_order Middle>
struct isa2 {
  static constexpr int threads = 3;
  atomic<int> x{0}, y{0}, z{0};
  int r0 = 0, r1 = 0, r2 = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        x.store(1, rlx);
        y.store(1, rel);
        break;
      case 1:
        r0 = y.load(acq);
        z.store(1, Middle);
        break;
      default:
        r1 = z.load(acq);
        r2 = x.load(rlx);
    }
  }
  tuple outcome() const { return {r0, r1, r2}; }
};
TEST(Litmus, Isa2ReleaseAcquire) { (expect_outcomes<isa2<rel>>(eight_without({{1, 1, 0}}))); }
TEST(Litmus, Isa2RelaxedMiddle) { (expect_outcomes<isa2<rlx>>(eight_without({}))); }

// ---- read to write causality ----

template <std::memory_order Store, std::memory_order Load, bool Fences = false>
struct rwc {
  static constexpr int threads = 3;
  atomic<int> x{0}, y{0};
  int r0 = 0, r1 = 0, r2 = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        x.store(1, Store);
        break;
      case 1:
        r0 = x.load(Load);
        if (Fences) fence(sc);
        r1 = y.load(Load);
        break;
      default:
        y.store(1, Store);
        if (Fences) fence(sc);
        r2 = x.load(Load);
    }
  }
  tuple outcome() const { return {r0, r1, r2}; }
};
TEST(Litmus, RwcReleaseAcquire) { (expect_outcomes<rwc<rel, acq>>(eight_without({}))); }
TEST(Litmus, RwcSeqCst) { (expect_outcomes<rwc<sc, sc>>(eight_without({{1, 0, 0}}))); }
/// Allowed in C++11 against the intent of fences; forbidden since P0668 (PLDI'17, figure "RWC+syncs").
TEST(Litmus, RwcScFences) { (expect_outcomes<rwc<rlx, rlx, true>>(eight_without({{1, 0, 0}}))); }

/// seq_cst operations joined by weaker synchronisation in between, at both ends sequenced: S follows (PLDI'17,
/// "W+RWC").
template <std::memory_order Store, std::memory_order Load>
struct w_rwc {
  static constexpr int threads = 3;
  atomic<int> x{0}, y{0}, z{0};
  int a = 0, b = 0, c = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        x.store(1, sc);
        y.store(1, Store);
        break;
      case 1:
        b = y.load(Load);
        c = z.load(sc);
        break;
      default:
        z.store(1, sc);
        a = x.load(sc);
    }
  }
  tuple outcome() const { return {b, c, a}; }
};
TEST(Litmus, WRwcReleaseAcquire) { (expect_outcomes<w_rwc<rel, acq>>(eight_without({{1, 0, 0}}))); }
TEST(Litmus, WRwcRelaxed) { (expect_outcomes<w_rwc<rlx, rlx>>(eight_without({}))); }

/// S may contradict happens-before where the last step of it is a synchronisation (PLDI'17, "Z6.U"; C++11 forbade it).
/// (b, c, a)
struct z6u {
  static constexpr int threads = 3;
  atomic<int> x{0}, y{0};
  int a = -1, b = -1, c = -1;
  void thread(int self) {
    switch (self) {
      case 0:
        x.store(1, sc);
        y.store(1, rel);
        break;
      case 1:
        b = y.fetch_add(1, sc);
        c = y.load(rlx);
        break;
      default:
        y.store(3, sc);
        a = x.load(sc);
    }
  }
  tuple outcome() const { return {b, c, a}; }
};
TEST(Litmus, Z6U) {
  EXPECT_TRUE(allows<z6u>({1, 3, 0}));
  EXPECT_FALSE(allows<z6u>({1, 1, 0}));  // coherence: its own increment hides the 1
}

// ---- release sequences ----

/// A read-modify-write of whatever order continues the release sequence. (read of flag, data)
struct release_sequence_rmw {
  static constexpr int threads = 3;
  atomic<int> data{0}, flag{0};
  int r = 0, d = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        data.store(1, rlx);
        flag.store(1, rel);
        break;
      case 1:
        flag.fetch_add(10, rlx);
        break;
      default:
        r = flag.load(acq);
        d = data.load(rlx);
    }
  }
  tuple outcome() const { return {r, d}; }
};
TEST(Litmus, ReleaseSequenceOfRmw) {
  // 10 is the increment of the initial 0, which releases nothing; 11 continues the release of the 1.
  expect_outcomes<release_sequence_rmw>({{0, 0}, {0, 1}, {1, 1}, {10, 0}, {10, 1}, {11, 1}});
}

/// A later relaxed store of the same thread continued the sequence in C++11. It does not since C++20 (P0982).
struct release_sequence_store {
  static constexpr int threads = 2;
  atomic<int> data{0}, flag{0};
  int r = 0, d = 0;
  void thread(int self) {
    if (self == 0) {
      data.store(1, rlx);
      flag.store(1, rel);
      flag.store(2, rlx);
    } else {
      r = flag.load(acq);
      d = data.load(rlx);
    }
  }
  tuple outcome() const { return {r, d}; }
};
TEST(Litmus, ReleaseSequenceOfStoresIsGone) {
  expect_outcomes<release_sequence_store>({{0, 0}, {0, 1}, {1, 1}, {2, 0}, {2, 1}});
}

/// A relaxed store of another thread ends it, in every C++.
struct release_sequence_broken {
  static constexpr int threads = 3;
  atomic<int> data{0}, flag{0};
  int r = 0, d = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        data.store(1, rlx);
        flag.store(1, rel);
        break;
      case 1:
        if (flag.load(rlx) == 1) flag.store(2, rlx);
        break;
      default:
        r = flag.load(acq);
        d = data.load(rlx);
    }
  }
  tuple outcome() const { return {r, d}; }
};
TEST(Litmus, ReleaseSequenceBroken) {
  expect_outcomes<release_sequence_broken>({{0, 0}, {0, 1}, {1, 1}, {2, 0}, {2, 1}});
}

/// A release fence heads a sequence too: [atomics.fences] paragraph 2 with the hypothetical release sequence.
struct release_sequence_fence {
  static constexpr int threads = 3;
  atomic<int> data{0}, flag{0};
  int r = 0, d = 0;
  void thread(int self) {
    switch (self) {
      case 0:
        data.store(1, rlx);
        fence(rel);
        flag.store(1, rlx);
        break;
      case 1: {
        int expected = 1;
        flag.compare_exchange_strong(expected, 2, rlx, rlx);
        break;
      }
      default:
        r = flag.load(rlx);
        fence(acq);
        d = data.load(rlx);
    }
  }
  tuple outcome() const { return {r, d}; }
};
TEST(Litmus, ReleaseSequenceOfFence) { expect_outcomes<release_sequence_fence>({{0, 0}, {0, 1}, {1, 1}, {2, 1}}); }

}  // namespace
}  // namespace litmus
