#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "allocation/counting_new.hpp"
#include "support/sanitizers.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <cstdint>
#include <new>
#include <string>
#include <vector>

/// B6: the k-th allocation fails, for every k that a scenario comes to.
namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::no_failures;
using magpie_test::witness;

// Frames of a size of their own, so that each scenario has to ask the system for some.
template <int Size>
task<int> sized(witness w) {
  char room[Size];
  static_cast<volatile char*>(room)[0] = 1;
  co_await magpie::yield();
  co_return w.value() + static_cast<volatile char*>(room)[0];
}

/// Runs `scenario` on a runtime, with each of its allocations failing in turn. Whatever fails must come out as
/// std::bad_alloc, leave nothing behind, and leave a runtime that works.
template <class Scenario>
void fail_each(Scenario scenario, bool on_new_runtime_each_time = false) {
  std::uint64_t failures = 0;
  for (std::uint64_t k = 1; k < 2000; ++k) {
    bool caught = false;
    {
      runtime rt{{.workers = 1}};
      // Where the worker frees its first frame, it asks for memory, and does without if it gets none.
      EXPECT_EQ(rt.spawn(sized<64>(witness(1))).get(), 2);
      if (on_new_runtime_each_time) {
        const no_failures spare;
        EXPECT_EQ(rt.block_on(sized<64>(witness(1))), 2);
      }
      magpie_test::fail_allocation(k);
      try {
        scenario(rt);
      } catch (const std::bad_alloc&) {
        caught = true;
      }
      const bool failed = magpie_test::allocation_has_failed();
      magpie_test::fail_allocation(0);
      EXPECT_EQ(caught, failed) << "allocation " << k;
      failures += failed ? 1 : 0;
      EXPECT_EQ(rt.block_on(sized<64>(witness(1))), 2) << "the runtime goes on after " << k;
      if (!failed) {
        EXPECT_NO_WITNESS_LEFT();
        testing::Test::RecordProperty("failures", std::to_string(failures));
        return;
      }
    }
    EXPECT_NO_WITNESS_LEFT();
  }
  FAIL() << "never came to its end";
}

TEST(allocation_failure, B6_of_a_tasks_frame) {
  fail_each([](runtime& rt) { EXPECT_EQ(rt.block_on(sized<5000>(witness(1))), 2); });
}

TEST(allocation_failure, B6_of_a_frame_inside_a_task) {
  fail_each([](runtime& rt) {
    EXPECT_EQ(rt.block_on([]() -> task<int> {
      witness local;
      const int n = co_await sized<5001>(witness(1));
      co_return n + co_await sized<5002>(witness(2));
    }),
              5);
  });
}

TEST(allocation_failure, B6_of_a_spawn) {
  fail_each([](runtime& rt) {
    auto h = rt.spawn(sized<5003>(witness(1)), {.name = "a name that is too long for a small buffer"});
    EXPECT_EQ(h.get(), 2);
  });
}

TEST(allocation_failure, B6_of_a_spawn_of_a_callable) {
  fail_each([](runtime& rt) {
    auto f = [w = witness(4)]() -> task<int> { co_return w.value(); };
    EXPECT_EQ(rt.spawn(f).get(), 4);
  });
}

TEST(allocation_failure, B6_of_a_gather) {
  fail_each([](runtime& rt) {
    auto [a, b, c] =
        rt.block_on(magpie::gather(sized<5004>(witness(1)), sized<5005>(witness(2)), sized<5006>(witness(3))));
    EXPECT_EQ(a + b + c, 9);
  });
}

TEST(allocation_failure, B6_of_a_gather_inside_a_task) {
  fail_each([](runtime& rt) {
    EXPECT_EQ(rt.block_on([]() -> task<int> {
      auto [a, b] = co_await magpie::gather(sized<5007>(witness(1)), sized<5008>(witness(2)));
      co_return a + b;
    }),
              5);
  });
}

TEST(allocation_failure, B6_of_a_gather_of_a_range) {
  fail_each([](runtime& rt) {
    EXPECT_EQ(rt.block_on([]() -> task<int> {
      std::vector<task<int>> tasks;
      for (int i = 0; i < 5; ++i) tasks.push_back(sized<5009>(witness(i)));
      const std::vector<int> results = co_await magpie::gather(std::move(tasks));
      int sum = 0;
      for (int r : results) sum += r;
      co_return sum;
    }),
              15);
  });
}

struct foreign {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) const { h.resume(); }
  int await_resume() const noexcept { return 3; }
};

TEST(allocation_failure, B6_of_a_foreign_await) {
  fail_each([](runtime& rt) {
    EXPECT_EQ(rt.block_on([]() -> task<int> {
      const int n = co_await foreign();
      co_return n;
    }),
              3);
  });
}

TEST(allocation_failure, B6_of_a_whole_runtime) {
  for (std::uint64_t k = 1; k < 2000; ++k) {
    const std::int64_t before = magpie_test::live_allocations();
    bool caught = false;
    magpie_test::fail_allocation(k);
    try {
      runtime rt{{.workers = 3, .thread_name = "a thread's name that is longer than a small buffer"}};
    } catch (const std::bad_alloc&) {
      caught = true;
    }
    const bool failed = magpie_test::allocation_has_failed();
    magpie_test::fail_allocation(0);
    EXPECT_EQ(caught, failed) << "allocation " << k;
    EXPECT_EQ(magpie_test::live_allocations(), before) << "allocation " << k;
    if (!failed) {
      EXPECT_GT(k, 5u);
      return;
    }
  }
  FAIL() << "never came to its end";
}

task<long> nest(int depth) {
  if (depth == 0) co_return 1;
  auto [below, x] = co_await magpie::gather(nest(depth - 1), nest(0));
  co_return below + x;
}

TEST(allocation_failure, B6_a_fork_that_cannot_grow_its_deque_runs_its_siblings_itself) {
  // Deeper than the deque's first array: it must grow, and when it cannot, the result is right all the same; what must
  // not fail is told apart from what may by the result only.
  if (magpie_test::sanitized) GTEST_SKIP() << "each frame is an allocation there: the growth is too far behind them";
  runtime rt{{.workers = 1}};
  constexpr int deep = 3000;
  EXPECT_EQ(rt.block_on(nest(100)), 101);
  int grown_without = 0;
  for (std::uint64_t k = 1; k < 400; ++k) {
    runtime fresh{{.workers = 1}};
    magpie_test::fail_allocation(k);
    try {
      EXPECT_EQ(fresh.block_on(nest(deep)), deep + 1) << k;
      grown_without += magpie_test::allocation_has_failed() ? 1 : 0;
    } catch (const std::bad_alloc&) {
      EXPECT_TRUE(magpie_test::allocation_has_failed());
    }
    const bool failed = magpie_test::allocation_has_failed();
    magpie_test::fail_allocation(0);
    if (!failed) break;
    EXPECT_EQ(fresh.block_on(nest(deep)), deep + 1) << "afterwards, " << k;
  }
  EXPECT_GT(grown_without, 0) << "the growth of the deque never failed";
}

}  // namespace
