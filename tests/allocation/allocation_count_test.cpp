#include <magpie/channel.hpp>
#include <magpie/gather.hpp>
#include <magpie/mutex.hpp>
#include <magpie/parallel.hpp>
#include <magpie/runtime.hpp>
#include <magpie/semaphore.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>

#include "allocation/counting_new.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using magpie::runtime;
using magpie::task;

task<long> fib(int n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}
task<int> number(int n) { co_return n; }

/// Calls of operator new while `what` runs, after it has run a few times: the least of several measurements, and of
/// many until it is `expected`, because two workers may carry frames to and fro until each has enough of them, the
/// longer the more the machine disturbs them.
template <class What>
std::uint64_t steady_allocations(What what, std::uint64_t expected = 0) {
  for (int i = 0; i < 5; ++i) what();
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 5 || (least > expected && i < 100); ++i) {
    const std::uint64_t before = magpie_test::allocations();
    what();
    least = std::min(least, magpie_test::allocations() - before);
  }
  return least;
}

class no_allocations : public testing::TestWithParam<unsigned> {
 protected:
  runtime rt{{.workers = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(workers, no_allocations, testing::Values(1u, 2u),
                         [](const auto& p) { return std::to_string(p.param); });

TEST_P(no_allocations, for_fib_by_gather) {
  const std::uint64_t n = steady_allocations([&] { EXPECT_EQ(rt.block_on(fib(22)), 17711); });
  RecordProperty("allocations_for_57313_tasks", std::to_string(n));
  EXPECT_EQ(n, 0u);
}

TEST_P(no_allocations, for_spawn_and_await) {
  const std::uint64_t n = steady_allocations([&] {
    rt.block_on([&]() -> task<> {
      for (int i = 0; i < 2000; ++i) {
        const int got = co_await rt.spawn(number(i));
        EXPECT_EQ(got, i);
      }
    });
  });
  EXPECT_EQ(n, 0u);
}

TEST_P(no_allocations, for_spawn_and_get_from_outside) {
  const std::uint64_t n = steady_allocations([&] {
    for (int i = 0; i < 2000; ++i) EXPECT_EQ(rt.spawn(number(i)).get(), i);
  });
  EXPECT_EQ(n, 0u);
}

TEST_P(no_allocations, for_yields_and_plain_awaits) {
  const std::uint64_t n = steady_allocations([&] {
    rt.block_on([]() -> task<> {
      for (int i = 0; i < 5000; ++i) {
        co_await magpie::yield();
        const int got = co_await number(i);
        EXPECT_EQ(got, i);
      }
    });
  });
  EXPECT_EQ(n, 0u);
}

TEST_P(no_allocations, W9_for_timed_out_waits_on_a_long_task) {
  // A share of the million that the stress test does.
  for (std::size_t handles : {std::size_t{1}, std::size_t{40}}) {
    std::vector<magpie::join_handle<void>> tasks;
    for (std::size_t i = 0; i < handles; ++i) tasks.push_back(rt.spawn(magpie::sleep_until(magpie::never)));
    const std::uint64_t n = steady_allocations([&] {
      rt.block_on([&]() -> task<> {
        for (int i = 0; i < 500; ++i) {
          auto r = co_await magpie::wait_for(tasks, std::chrono::microseconds(3));
          EXPECT_TRUE(r.done.empty());
        }
      });
    });
    EXPECT_EQ(n, 0u);
    for (auto& t : tasks) t.cancel();
    for (auto& t : tasks) t.wait();
  }
}

TEST_P(no_allocations, D8_for_deadlines_that_do_not_fire) {
  const std::uint64_t n = steady_allocations([&] {
    rt.block_on([]() -> task<> {
      for (int i = 0; i < 2000; ++i) {
        const int got = co_await magpie::with_timeout(std::chrono::hours(1), number(i));
        EXPECT_EQ(got, i);
      }
      co_await magpie::with_timeout(std::chrono::hours(1), magpie::yield());
    });
  });
  EXPECT_EQ(n, 0u);
}

TEST_P(no_allocations, T8_for_spawns_through_one_group) {
  const std::uint64_t n = steady_allocations([&] {
    rt.block_on([]() -> task<> {
      const auto body = [](magpie::task_group& group) -> task<> {
        for (int i = 0; i < 2000; ++i) {
          const int got = co_await group.spawn(number(i));
          EXPECT_EQ(got, i);
        }
      };
      co_await magpie::with_task_group(body);
    });
  });
  EXPECT_EQ(n, 0u);
}

task<> takes_turns(magpie::mutex& m, magpie::semaphore& s) {
  for (int i = 0; i < 500; ++i) {
    const auto hold = co_await m.lock();
    co_await magpie::yield();  // the other one comes, and waits
  }
  for (int i = 0; i < 500; ++i) {
    const auto permit = co_await s.acquire();
    co_await magpie::yield();
  }
}
task<> sends(magpie::channel<int>& c, int count) {
  for (int i = 0; i < count; ++i) co_await c.send(i);
}
task<> receives(magpie::channel<int>& c, int count) {
  for (int i = 0; i < count; ++i) {
    const std::optional<int> got = co_await c.receive();
    EXPECT_EQ(got, i);
  }
}

TEST_P(no_allocations, for_locks) {
  const std::uint64_t n = steady_allocations([&] {
    rt.block_on([]() -> task<> {
      magpie::mutex m;
      magpie::semaphore s(1);
      co_await magpie::gather(takes_turns(m, s), takes_turns(m, s));
    });
  });
  EXPECT_EQ(n, 0u);
}

TEST_P(no_allocations, for_channels) {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{16}, magpie::unbounded}) {
    SCOPED_TRACE(capacity);
    const auto pass_on = [capacity]() -> task<> {
      magpie::channel<int> c(capacity);
      co_await magpie::gather(sends(c, 2000), receives(c, 2000));
    };
    EXPECT_EQ(steady_allocations([&] { rt.block_on(pass_on); }), 0u);
  }
}

TEST_P(no_allocations, for_loops_and_sorts) {
  std::vector<int> v(300'000);
  const std::uint64_t n = steady_allocations([&] {
    rt.block_on(magpie::parallel_for(0, 300'000, [&](int i) { v[static_cast<std::size_t>(i)] = i * 7919 % 65537; }));
    rt.block_on(magpie::parallel_sort(v));
  });
  EXPECT_TRUE(std::is_sorted(v.begin(), v.end()));
  EXPECT_EQ(n, 0u);
}

/// What stands done of a reduction is one result for each level of its tree, in each part that somebody works on.
TEST_P(no_allocations, for_most_of_a_reduction) {
  const std::uint64_t n = steady_allocations(
      [&] {
        const long sum = rt.block_on(magpie::parallel_reduce(
            0, 1'000'000, 0L, [](int i) { return long{i}; }, [](long a, long b) { return a + b; }, 10));
        EXPECT_EQ(sum, 499'999'500'000);
      },
      1999);
  EXPECT_LT(n, 2000u) << "for 100,000 leaves";
}

/// One room for all blocks, of which there are no more in a longer scan.
TEST_P(no_allocations, but_one_for_a_scan) {
  std::vector<int> v(300'000, 1);
  const std::uint64_t n = steady_allocations([&] { rt.block_on(magpie::parallel_inclusive_scan(v, v.begin())); }, 1);
  EXPECT_EQ(n, 1u);
}

}  // namespace
