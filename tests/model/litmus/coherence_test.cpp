#include "litmus.hpp"

// One location: coherence, [intro.races] paragraphs 14 to 18, and the atomicity of read-modify-writes, [atomics.order]
// paragraph 10. All with relaxed accesses, for which these hold too.
namespace litmus {
namespace {

struct read_read {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int first = 0, second = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(1, rlx);
    } else {
      first = x.load(rlx);
      second = x.load(rlx);
    }
  }
  tuple outcome() const { return {first, second}; }
};
TEST(Litmus, CoRR) { expect_outcomes<read_read>({{0, 0}, {0, 1}, {1, 1}}); }

/// Two readers never see two stores in different orders: (1,2) and (2,1) exclude each other.
struct readers_agree {
  static constexpr int threads = 4;
  atomic<int> x{0};
  int r[4] = {};
  void thread(int self) {
    if (self < 2) {
      x.store(self + 1, rlx);
    } else {
      r[2 * self - 4] = x.load(rlx);
      r[2 * self - 3] = x.load(rlx);
    }
  }
  tuple outcome() const { return {r[0], r[1], r[2], r[3]}; }
};
TEST(Litmus, CoRRReadersAgree) {
  const tuples seen = outcomes<readers_agree>({.preemptions = unbounded});
  EXPECT_FALSE(seen.contains({1, 2, 2, 1}));
  EXPECT_FALSE(seen.contains({2, 1, 1, 2}));
  EXPECT_TRUE(seen.contains({1, 2, 1, 2}));
  EXPECT_TRUE(seen.contains({2, 1, 2, 1}));
  EXPECT_EQ(seen.size(), 47u);  // each reader 7 of 9 pairs ((1,0) and (2,0) never), less the two
}

/// (read, final): who reads the other's store has lost to it.
struct write_read {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int r = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(1, rlx);
      r = x.load(rlx);
    } else {
      x.store(2, rlx);
    }
  }
  tuple outcome() const { return {r, x.load(rlx)}; }
};
TEST(Litmus, CoWR) { expect_outcomes<write_read>({{1, 1}, {1, 2}, {2, 2}}); }

struct read_write {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int r = 0;
  void thread(int self) {
    if (self == 0) {
      r = x.load(rlx);
      x.store(1, rlx);
    } else {
      x.store(2, rlx);
    }
  }
  tuple outcome() const { return {r, x.load(rlx)}; }
};
TEST(Litmus, CoRW) { expect_outcomes<read_write>({{0, 1}, {0, 2}, {2, 1}}); }

struct write_write {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int r = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(1, rlx);
      x.store(2, rlx);
    } else {
      r = x.load(rlx);
    }
  }
  tuple outcome() const { return {r, x.load(rlx)}; }
};
TEST(Litmus, CoWW) { expect_outcomes<write_write>({{0, 2}, {1, 2}, {2, 2}}); }

struct increments {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int r[2] = {};
  void thread(int self) { r[self] = x.fetch_add(1, rlx); }
  tuple outcome() const { return {r[0], r[1], x.load(rlx)}; }
};
TEST(Litmus, RmwAtomicity) { expect_outcomes<increments>({{0, 1, 2}, {1, 0, 2}}); }

struct exchanges {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int won[2] = {};
  void thread(int self) {
    int expected = 0;
    won[self] = x.compare_exchange_strong(expected, self + 1, rlx, rlx) ? 1 : 0;
  }
  tuple outcome() const { return {won[0], won[1], x.load(rlx)}; }
};
TEST(Litmus, CompareExchangeHasOneWinner) { expect_outcomes<exchanges>({{1, 0, 1}, {0, 1, 2}}); }

/// A store goes before or behind a read-modify-write and what it has read, never between the two.
struct store_against_rmw {
  static constexpr int threads = 2;
  atomic<int> x{0};
  int r = 0;
  void thread(int self) {
    if (self == 0) {
      r = x.fetch_add(10, rlx);
    } else {
      x.store(1, rlx);
    }
  }
  tuple outcome() const { return {r, x.load(rlx)}; }
};
TEST(Litmus, StoreNeverLandsInsideRmw) { expect_outcomes<store_against_rmw>({{0, 1}, {1, 11}}); }

/// A weak compare-exchange may fail for no reason, a strong one may not.
template <bool Weak>
struct lone_compare_exchange {
  static constexpr int threads = 1;
  atomic<int> x{0};
  int done = 0;
  void thread(int) {
    int expected = 0;
    done = (Weak ? x.compare_exchange_weak(expected, 1, rlx, rlx) : x.compare_exchange_strong(expected, 1, rlx, rlx))
               ? 1
               : 0;
  }
  tuple outcome() const { return {done, x.load(rlx)}; }
};
TEST(Litmus, WeakCompareExchangeMayFail) { (expect_outcomes<lone_compare_exchange<true>>({{0, 0}, {1, 1}})); }
TEST(Litmus, StrongCompareExchangeMayNot) { (expect_outcomes<lone_compare_exchange<false>>({{1, 1}})); }

/// A read-modify-write may stand before a store that a relaxed flag has already announced: message passing whose reader
/// is an exchange. (flag, what the exchange read, the final value)
template <std::memory_order Store, std::memory_order Load>
struct message_passing_exchange {
  static constexpr int threads = 2;
  atomic<int> data{0}, flag{0};
  int seen_flag = 0, seen_data = 0;
  void thread(int self) {
    if (self == 0) {
      data.store(1, rlx);
      flag.store(1, Store);
    } else {
      seen_flag = flag.load(Load);
      seen_data = data.exchange(2, rlx);
    }
  }
  tuple outcome() const { return {seen_flag, seen_data, data.load(rlx)}; }
};
TEST(Litmus, EarlyExchangeRelaxed) {
  (expect_outcomes<message_passing_exchange<rlx, rlx>>({{0, 0, 1}, {0, 1, 2}, {1, 0, 1}, {1, 1, 2}}));
}
TEST(Litmus, EarlyExchangeReleaseAcquire) {
  (expect_outcomes<message_passing_exchange<rel, acq>>({{0, 0, 1}, {0, 1, 2}, {1, 1, 2}}));
}

/// A strong compare-exchange that fails is a load: it may fail on an outdated value.
struct stale_failure {
  static constexpr int threads = 2;
  atomic<int> x{0}, flag{0};
  int seen_flag = 0, seen = 0;
  void thread(int self) {
    if (self == 0) {
      x.store(5, rlx);
      flag.store(1, rlx);
    } else {
      seen_flag = flag.load(rlx);
      seen = 5;
      if (x.compare_exchange_strong(seen, 6, rlx, rlx)) seen = -1;
    }
  }
  tuple outcome() const { return {seen_flag, seen}; }
};
TEST(Litmus, CompareExchangeFailsOnStaleValue) { expect_outcomes<stale_failure>({{0, -1}, {0, 0}, {1, -1}, {1, 0}}); }

/// The failure order decides what a failed compare-exchange acquires.
template <std::memory_order Failure>
struct failure_order {
  static constexpr int threads = 2;
  atomic<int> data{0}, flag{0};
  int seen = 0, seen_data = 0;
  void thread(int self) {
    if (self == 0) {
      data.store(1, rlx);
      flag.store(1, rel);
    } else {
      seen = 7;
      flag.compare_exchange_strong(seen, 8, ar, Failure);
      seen_data = data.load(rlx);
    }
  }
  tuple outcome() const { return {seen, seen_data}; }
};
TEST(Litmus, FailureOrderAcquire) { (expect_outcomes<failure_order<acq>>({{0, 0}, {0, 1}, {1, 1}})); }
TEST(Litmus, FailureOrderRelaxed) { (expect_outcomes<failure_order<rlx>>({{0, 0}, {0, 1}, {1, 0}, {1, 1}})); }

}  // namespace
}  // namespace litmus
