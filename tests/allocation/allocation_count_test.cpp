#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
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
#include <cstdint>
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

/// Calls of operator new while `what` runs, after it has run a few times: the least of several measurements, because
/// two workers may carry frames to and fro until each has enough of them.
template <class What>
std::uint64_t steady_allocations(What what) {
  for (int i = 0; i < 5; ++i) what();
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < 5; ++i) {
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

}  // namespace
