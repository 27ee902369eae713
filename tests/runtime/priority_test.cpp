#include <magpie/coroutine/this_worker.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/testing.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::priority;
using magpie::runtime;
using magpie::task;
using magpie_test::for_each_seed;

priority level_here() { return magpie::detail::current_worker->level; }

task<> note(std::string& order, char mark) {
  order += mark;
  co_return;
}

TEST(priority, high_starts_first_and_background_last) {
  for_each_seed([](runtime& rt) {
    std::string order;
    rt.block_on([&]() -> task<> {
      runtime& here = co_await magpie::get_runtime();
      std::vector<join_handle<void>> all;
      for (int i = 0; i < 5; ++i) {
        all.push_back(here.spawn(note(order, 'b'), {.level = priority::background}));
        all.push_back(here.spawn(note(order, 'n')));
        all.push_back(here.spawn(note(order, 'h'), {.level = priority::high}));
      }
      co_await magpie::gather(std::move(all));
    });
    EXPECT_EQ(order, "hhhhhnnnnnbbbbb");
  });
}

task<> is_at(priority level, int depth) {
  EXPECT_EQ(level_here(), level);
  co_await magpie::yield();
  EXPECT_EQ(level_here(), level);
  if (depth == 0) co_return;
  co_await magpie::gather(is_at(level, depth - 1), is_at(level, depth - 1), is_at(level, depth - 1));
  EXPECT_EQ(level_here(), level);
  runtime& here = co_await magpie::get_runtime();
  join_handle<void> child = here.spawn(is_at(level, 0));
  co_await child;
  EXPECT_EQ(level_here(), level);
}

TEST(priority, children_inherit_it) {
  for_each_seed([](runtime& rt) {
    for (const priority level : {priority::high, priority::normal, priority::background}) {
      rt.block_on(rt.spawn(is_at(level, 2), {.level = level}));
    }
    rt.block_on(magpie::gather(rt.spawn(is_at(priority::high, 2), {.level = priority::high}),
                               rt.spawn(is_at(priority::background, 2), {.level = priority::background}),
                               is_at(priority::normal, 2)));
  });
}

TEST(priority, whoever_waits_for_others_keeps_its_own) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      for (const priority level : {priority::high, priority::background}) {
        co_await magpie::with_task_group([&](magpie::task_group& group) -> task<> {
          group.spawn(is_at(level, 1), {.level = level});
          group.spawn(is_at(priority::normal, 1));
          co_return;
        });
        EXPECT_EQ(level_here(), priority::normal);
        co_await rt.spawn(is_at(level, 1), {.level = level});
        EXPECT_EQ(level_here(), priority::normal);
      }
    });
  });
}

TEST(priority, a_yield_lets_a_higher_level_in) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      runtime& here = co_await magpie::get_runtime();
      bool ran = false;
      auto urgent = here.spawn(
          [&]() -> task<> {
            ran = true;
            co_return;
          },
          {.level = priority::high});
      co_await magpie::yield();
      EXPECT_TRUE(ran);
      co_await urgent;
    });
  });
}

/// Yields until `over`; how often.
task<int> keeps_at_it(const bool& over) {
  int turns = 0;
  while (!over) {
    ++turns;
    co_await magpie::yield();
  }
  co_return turns;
}

TEST(priority, nobody_starves) {
  for_each_seed([](runtime& rt) {
    for (const auto& [urgent, patient] :
         {std::pair{priority::high, priority::normal}, std::pair{priority::normal, priority::background},
          std::pair{priority::high, priority::background}}) {
      bool over = false;
      auto busy = rt.spawn(keeps_at_it(over), {.level = urgent});
      auto also_busy = rt.spawn(keeps_at_it(over), {.level = urgent});
      auto waits = rt.spawn(
          [&]() -> task<> {
            over = true;
            co_return;
          },
          {.level = patient});
      EXPECT_LE(rt.block_on(busy), 1000);
      rt.block_on(also_busy);
      rt.block_on(waits);
    }
  });
}

/// One worker: occupied until everything is in its queues.
TEST(priority, on_threads_too) {
  runtime rt({.workers = 1});
  std::string order;
  std::atomic<bool> go{false};
  std::atomic<bool> busy{false};
  auto occupied = rt.spawn([&]() -> task<> {
    busy = true;
    while (!go) std::this_thread::yield();
    co_return;
  });
  while (!busy) std::this_thread::yield();
  std::vector<join_handle<void>> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(rt.spawn(note(order, 'b'), {.level = priority::background}));
    all.push_back(rt.spawn(note(order, 'n')));
    all.push_back(rt.spawn(note(order, 'h'), {.level = priority::high}));
  }
  go = true;
  for (auto& h : all) h.get();
  // Now and then somebody else has a turn: once in 61, and what came from outside comes in portions.
  EXPECT_EQ(order.size(), 60u);
  EXPECT_LE(order.find('h'), 1u) << order;
  EXPECT_EQ(order.find('b'), 40u) << order;
}

TEST(priority, nobody_starves_on_threads) {
  for (const unsigned workers : {1u, 2u}) {
    runtime rt({.workers = workers});
    std::atomic<bool> over{false};
    std::vector<join_handle<void>> busy;
    for (int i = 0; i < 8; ++i) {
      busy.push_back(rt.spawn(
          [&]() -> task<> {
            while (!over) co_await magpie::yield();
          },
          {.level = i % 2 == 0 ? priority::high : priority::normal}));
    }
    rt.spawn(
          [&]() -> task<> {
            over = true;
            co_return;
          },
          {.level = priority::background})
        .get();
    for (auto& h : busy) h.get();
  }
}

TEST(priority, a_background_gather_stands_back) {
  runtime rt({.workers = 1});
  std::string order;
  rt.block_on(rt.spawn(
      [&]() -> task<> {
        const auto child = [&]() -> task<> {
          order += 'b';
          co_await magpie::yield();
          order += 'c';
        };
        runtime& here = co_await magpie::get_runtime();
        std::vector<task<>> children;
        for (int i = 0; i < 10; ++i) children.push_back(child());
        std::vector<join_handle<void>> normal;
        for (int i = 0; i < 10; ++i) normal.push_back(here.spawn(note(order, 'n'), {.level = priority::normal}));
        co_await magpie::gather(std::move(children));
        co_await magpie::gather(std::move(normal));
      },
      {.level = priority::background}));
  EXPECT_EQ(order.substr(0, 11), "bnnnnnnnnnn");
}

}  // namespace
