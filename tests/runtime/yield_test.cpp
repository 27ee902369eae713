#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::gate;

task<int> yields_until(const bool& flag, int most) {
  int turns = 0;
  while (!flag && turns < most) {
    ++turns;
    co_await magpie::yield();
  }
  co_return turns;
}
task<int> sets(bool& flag) {
  flag = true;
  co_return 0;
}

constexpr int many = 1'000'000;

TEST(yield, lets_a_spawned_task_run_on_a_pool_of_one) {
  runtime rt{{.workers = 1}};
  bool flag = false;
  const int turns = rt.block_on([&]() -> task<int> {
    auto h = rt.spawn(sets(flag));
    const int n = co_await yields_until(flag, many);
    co_await h;
    co_return n;
  });
  EXPECT_LE(turns, 100);
}

TEST(yield, lets_a_sibling_of_a_gather_run_on_a_pool_of_one) {
  runtime rt{{.workers = 1}};
  bool flag = false;
  auto [turns, zero] = rt.block_on(magpie::gather(yields_until(flag, many), sets(flag)));
  EXPECT_LE(turns, 100);
  EXPECT_EQ(zero, 0);
}

TEST(yield, lets_a_sibling_of_an_outer_gather_run_on_a_pool_of_one) {
  runtime rt{{.workers = 1}};
  bool flag = false;
  bool other = true;
  auto [inner, zero] =
      rt.block_on(magpie::gather(magpie::gather(yields_until(flag, many), yields_until(other, many)), sets(flag)));
  EXPECT_LE(std::get<0>(inner), 100);
  EXPECT_EQ(zero, 0);
}

TEST(yield, lets_a_task_from_outside_run_beside_spinners) {
  runtime rt{{.workers = 1}};
  bool stop = false;
  std::vector<magpie::join_handle<int>> spinners;
  gate started;
  for (int i = 0; i < 3; ++i) {
    spinners.push_back(rt.spawn([&]() -> task<int> {
      started.open();
      co_return co_await yields_until(stop, 1 << 30);
    }));
  }
  ASSERT_TRUE(started.wait());
  rt.spawn(sets(stop)).get();
  for (auto& h : spinners) EXPECT_LT(h.get(), 1 << 30);
}

TEST(yield, those_who_yield_take_turns) {
  runtime rt{{.workers = 1}};
  std::vector<int> order;
  auto writes = [&](int id) -> task<> {
    for (int i = 0; i < 20; ++i) {
      order.push_back(id);
      co_await magpie::yield();
    }
  };
  rt.block_on([&]() -> task<> {
    auto a = rt.spawn(writes(0));
    auto b = rt.spawn(writes(1));
    co_await a;
    co_await b;
  });
  ASSERT_EQ(order.size(), 40u);
  int changes = 0;
  for (std::size_t i = 1; i < order.size(); ++i) changes += order[i] != order[i - 1] ? 1 : 0;
  EXPECT_GE(changes, 30);
}

TEST(yield, a_task_that_made_others_runnable_again_and_again_does_not_starve_the_queue) {
  // Two tasks that hand each other the newest slot; a third waits in the queue.
  runtime rt{{.workers = 1}};
  bool flag = false;
  rt.block_on([&]() -> task<> {
    auto third = rt.spawn([&]() -> task<> {
      co_await magpie::yield();
      flag = true;
    });
    auto nothing = []() -> task<> { co_return; };
    int n = 0;
    while (!flag && n < 100'000) {
      ++n;
      co_await rt.spawn(nothing());
    }
    EXPECT_LT(n, 1000);
    co_await third;
  });
}

}  // namespace
