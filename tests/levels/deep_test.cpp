#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/sanitizers.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

/// B1: no stack growth, whatever the compiler makes of symmetric transfer.
namespace {

using magpie::gather;
using magpie::runtime;
using magpie::task;

task<int> one() { co_return 1; }
task<> nothing() { co_return; }

task<long> loop(int n) {
  long sum = 0;
  for (int i = 0; i < n; ++i) sum += co_await one();
  co_return sum;
}

TEST(levels, B1_ten_million_awaits_in_a_loop) {
  runtime rt{{.workers = 1}};
  EXPECT_EQ(rt.block_on(loop(10'000'000)), 10'000'000);
}

task<long> chain(int depth) {
  if (depth == 0) co_return 1;
  const long below = co_await chain(depth - 1);
  co_return below + 1;
}

TEST(levels, B1_a_chain_a_million_deep) {
  runtime rt{{.workers = 1}};
  EXPECT_EQ(rt.block_on(chain(1'000'000)), 1'000'001);
}

task<long> chain_that_suspends(int depth) {
  if (depth == 0) {
    co_await magpie::yield();
    co_return 1;
  }
  const long below = co_await chain_that_suspends(depth - 1);
  co_return below + 1;
}

TEST(levels, B1_a_chain_a_million_deep_that_suspends_at_its_end) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(rt.block_on(chain_that_suspends(1'000'000)), 1'000'001);
}

task<long> chain_of_gathers(int depth) {
  if (depth == 0) co_return 1;
  auto [below, x] = co_await gather(chain_of_gathers(depth - 1), one());
  co_return below + x;
}
task<long> chain_of_last_children(int depth) {
  if (depth == 0) co_return 1;
  auto [x, below] = co_await gather(one(), chain_of_last_children(depth - 1));
  co_return below + x;
}

TEST(levels, B1_gathers_nested_a_hundred_thousand_deep) {
  for (unsigned workers : {1u, 2u}) {
    runtime rt{{.workers = workers}};
    EXPECT_EQ(rt.block_on(chain_of_gathers(100'000)), 100'001);
    EXPECT_EQ(rt.block_on(chain_of_last_children(100'000)), 100'001);
  }
}

task<long> loop_of_gathers(int n) {
  long sum = 0;
  for (int i = 0; i < n; ++i) {
    auto [a, b] = co_await gather(one(), one());
    sum += a + b;
  }
  co_return sum;
}

TEST(levels, B1_a_million_gathers_in_a_loop) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(rt.block_on(loop_of_gathers(1'000'000)), 2'000'000);
}

task<long> loop_of_yields(int n) {
  for (int i = 0; i < n; ++i) co_await magpie::yield();
  co_return n;
}

TEST(levels, B1_a_million_yields_in_a_loop) {
  runtime rt{{.workers = 1}};
  EXPECT_EQ(rt.block_on(loop_of_yields(1'000'000)), 1'000'000);
}

TEST(levels, B1_a_hundred_thousand_spawns_awaited_in_a_loop) {
  runtime rt{{.workers = 2}};
  rt.block_on([]() -> task<> {
    runtime& here = co_await magpie::get_runtime();
    for (int i = 0; i < 100'000; ++i) co_await here.spawn(nothing());
  });
}

struct foreign_ready {
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<>) const noexcept { return false; }
  void await_resume() const noexcept {}
};

TEST(levels, B1_a_million_foreign_awaits_in_a_loop) {
  runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    for (int i = 0; i < 1'000'000; ++i) co_await foreign_ready();
  });
}

task<long> chain_that_fails(int depth) {
  if (depth == 0) throw std::range_error("at the bottom");
  const long below = co_await chain_that_fails(depth - 1);
  co_return below;
}

TEST(levels, B1_an_exception_goes_up_a_deep_chain) {
  runtime rt{{.workers = 1}};
  EXPECT_THROW(static_cast<void>(rt.block_on(chain_that_fails(magpie_test::fewer_if_sanitized(200'000, 50'000)))),
               std::range_error);
}

task<long> chain_that_waits(int depth, bool& bottom) {
  if (depth == 0) {
    bottom = true;
    for (;;) co_await magpie::yield();
  }
  const long below = co_await chain_that_waits(depth - 1, bottom);
  co_return below + 1;
}
task<long> fails_when(const bool& bottom) {
  while (!bottom) co_await magpie::yield();
  throw std::range_error("stop");
}

TEST(levels, B1_C2_a_started_chain_a_million_deep_is_stopped_in_constant_stack) {
  runtime rt{{.workers = 1}};
  bool bottom = false;
  EXPECT_THROW(static_cast<void>(rt.block_on(gather(chain_that_waits(1'000'000, bottom), fails_when(bottom)))),
               std::range_error);
}

}  // namespace
