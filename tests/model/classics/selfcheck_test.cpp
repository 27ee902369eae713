#include <magpie/model/expectations.hpp>

#include <atomic>
#include <stdexcept>
#include <string>

// What the checker reports besides outcomes: leaks, double frees, deadlock, livelock, and how it searches.
namespace selfcheck {
namespace {

using namespace magpie::model;

constexpr std::memory_order relaxed = std::memory_order_relaxed;
constexpr std::memory_order acquire = std::memory_order_acquire;
constexpr std::memory_order release = std::memory_order_release;

struct leak {
  static constexpr int threads = 1;
  void thread(int) { make_named<int>("node", 1); }
};
TEST(Heap, ReportsLeak) { expect_fails<leak>("leak: node#1"); }

struct double_free {
  static constexpr int threads = 2;
  int* shared = make<int>(1);
  void thread(int) { destroy(shared); }
};
TEST(Heap, ReportsDoubleFree) { expect_fails<double_free>("double free"); }

struct foreign_free {
  static constexpr int threads = 1;
  int mine = 0;
  void thread(int) { destroy(&mine); }
};
TEST(Heap, ReportsForeignFree) { expect_fails<foreign_free>("make() did not return"); }

struct late_touch {
  static constexpr int threads = 1;
  void thread(int) {
    int* it = make<int>(1);
    destroy(it);
    touch(it);
  }
};
TEST(Heap, ReportsTouch) { expect_fails<late_touch>("use after free"); }

struct lock_order {
  static constexpr int threads = 2;
  mutex a, b;
  void thread(int self) {
    mutex& first = self == 0 ? a : b;
    mutex& second = self == 0 ? b : a;
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  }
};
TEST(Blocking, ReportsDeadlock) { expect_fails<lock_order>("deadlock: thread 0 waits for the mutex"); }

struct counted_under_lock {
  static constexpr int threads = 3;
  mutex lock;
  plain<int> count{0};
  void thread(int) {
    lock.lock();
    ++count;
    lock.unlock();
  }
  void after() { check(count == 3, "an increment was lost"); }
};
TEST(Blocking, MutexExcludes) { expect_holds<counted_under_lock>({.preemptions = unbounded}); }

/// One is told that all is done while the other has still to unlock.
struct frees_before_the_unlock {
  static constexpr int threads = 2;
  mutex* lock = make<mutex>();
  atomic<bool> done{false};
  void thread(int self) {
    if (self == 0) {
      lock->lock();
      done.store(true, std::memory_order_release);
      lock->unlock();
    } else {
      while (!done.load(std::memory_order_acquire)) atomics::pause();
      destroy(lock);
    }
  }
};
TEST(Blocking, ReportsLateUnlock) { expect_fails<frees_before_the_unlock>("use after free of the mutex"); }

struct sleeps_for_ever {
  static constexpr int threads = 1;
  atomic<int> word{0};
  void thread(int) { futex::wait(word, 0); }
};
TEST(Blocking, ReportsLostWake) { expect_fails<sleeps_for_ever>("sleeps on"); }

/// A futex orders nothing but its word: the value is not enough to see the data.
struct futex_orders_nothing {
  static constexpr int threads = 2;
  atomic<int> word{0};
  plain<int> data{0};
  void thread(int self) {
    if (self == 0) {
      data = 1;
      word.store(1, relaxed);
      futex::wake_all(word);
    } else {
      while (word.load(relaxed) == 0) futex::wait(word, 0);
      check(data == 1, "data");
    }
  }
};
TEST(Blocking, FutexIsNoBarrier) { expect_fails<futex_orders_nothing>("data race"); }

/// The sleeper goes on after its time-out, although the wake may never come.
struct timed_sleeper {
  static constexpr int threads = 2;
  atomic<int> word{0};
  int ended[3] = {};
  void thread(int self) {
    if (self == 0) {
      word.store(1, release);
    } else {
      while (word.load(acquire) == 0)
        if (futex::wait_for_some_time(word, 0) == futex::result::timed_out) refresh();
    }
  }
};
TEST(Blocking, TimeoutRescues) { expect_holds<timed_sleeper>({.preemptions = unbounded}); }

struct nobody_answers {
  static constexpr int threads = 2;
  atomic<int> flag{0};
  void thread(int) {
    while (flag.load(relaxed) == 0) atomics::pause();
  }
};
TEST(Progress, ReportsLivelock) { expect_fails<nobody_answers>("livelock"); }

/// Two spin on what the third will do: fairness must let it.
struct two_spin {
  static constexpr int threads = 3;
  atomic<int> flag{0};
  void thread(int self) {
    if (self == 2) {
      flag.store(1, relaxed);
      flag.store(2, relaxed);
    } else {
      while (flag.load(relaxed) != 2) atomics::pause();
    }
  }
};
TEST(Progress, SpinnersDoNotStarveOthers) { expect_holds<two_spin>({.preemptions = 2}); }

struct throws {
  static constexpr int threads = 1;
  void thread(int) { throw std::runtime_error("oops"); }
};
TEST(Scene, ReportsException) { expect_fails<throws>("oops"); }

/// Only every second execution does anything.
struct forgets_nothing {
  static constexpr int threads = 2;
  static inline int runs = 0;
  bool works = ++runs % 2 == 1;
  atomic<int> x{0};
  void thread(int) {
    for (int i = 0; works && i < 3; ++i) x.store(1, relaxed);
  }
};
TEST(Scene, ReportsNondeterminism) {
  EXPECT_NE(explore<forgets_nothing>().why.find("not deterministic"), std::string::npos);
}

/// A bug that needs three preemptions: found by the bound of three and no less, and by the random mode.
struct three_switches {
  static constexpr int threads = 2;
  atomic<int> x{0};
  bool found = false;
  void thread(int self) {
    if (self == 0) {
      x.fetch_add(1, relaxed);
      x.fetch_add(1, relaxed);
    } else {
      const int a = x.fetch_add(0, relaxed), b = x.fetch_add(0, relaxed), c = x.fetch_add(0, relaxed);
      found = a == 0 && b == 1 && c == 2;
    }
  }
  void after() { check(!found, "all three seen"); }
};
TEST(Search, BoundCounts) {
  expect_holds<three_switches>({.preemptions = 2});
  expect_fails<three_switches>("all three seen", {.preemptions = 3});
}
TEST(Search, RandomFinds) {
  expect_fails<three_switches>("all three seen",
                               {.mode = options::strategy::random, .max_executions = 10'000, .priority_changes = 4});
}
TEST(Search, SameSeedSameResult) {
  const options wanted{.mode = options::strategy::random, .max_executions = 10'000, .seed = 7, .priority_changes = 4};
  const result first = explore<three_switches>(wanted), second = explore<three_switches>(wanted);
  EXPECT_EQ(first.executions, second.executions);
  EXPECT_EQ(first.replay, second.replay);
}
TEST(Search, CapIsSaid) {
  const result found = explore<counted_under_lock>({.preemptions = unbounded, .reduce = false, .max_executions = 5});
  EXPECT_TRUE(found.ok());
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.executions, 5u);
}

}  // namespace
}  // namespace selfcheck
