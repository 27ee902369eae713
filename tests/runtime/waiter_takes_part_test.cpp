#include <magpie/completion.hpp>
#include <magpie/errors.hpp>
#include <magpie/gather.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/stress_scale.hpp"
#include "support/whereabouts.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

/// A plain thread in get() or wait() runs its task itself, if nobody has begun it (docs/design/0014).
namespace {

using magpie::join_handle;
using magpie::priority;
using magpie::runtime;
using magpie::task;
using magpie_test::all_sleep;
using magpie_test::comes_true;
using magpie_test::gate;
using magpie_test::own_thread;
using magpie_test::race_rounds;
using magpie_test::thread_after_a_wait;
using magpie_test::witness;
using namespace std::chrono_literals;

task<int> number(int n, witness w = witness(1)) { co_return n* w.value(); }

TEST(waiter_takes_part, get_runs_a_task_that_nobody_has_begun) {
  runtime rt{{.workers = 2}};
  EXPECT_TRUE(comes_true([&] { return rt.spawn(own_thread()).get() == std::this_thread::get_id(); }));
  EXPECT_TRUE(comes_true(
      [&] { return rt.spawn(own_thread(), {.level = priority::high}).get() == std::this_thread::get_id(); }));
}

TEST(waiter_takes_part, wait_does_so_too) {
  runtime rt{{.workers = 2}};
  EXPECT_TRUE(comes_true([&] {
    auto handle = rt.spawn(own_thread());
    handle.wait();
    return handle.get() == std::this_thread::get_id();
  }));
}

TEST(waiter_takes_part, with_a_deadline_it_does_not) {
  runtime rt{{.workers = 2}};
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(all_sleep(rt));
    auto handle = rt.spawn(own_thread());
    ASSERT_TRUE(handle.wait_for(10min));
    EXPECT_NE(handle.get(), std::this_thread::get_id());
  }
}

TEST(waiter_takes_part, in_background_tasks_it_does_not) {
  runtime rt{{.workers = 2}};
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(all_sleep(rt));
    EXPECT_NE(rt.spawn(own_thread(), {.level = priority::background}).get(), std::this_thread::get_id());
  }
}

TEST(waiter_takes_part, the_task_goes_on_elsewhere_when_it_waits) {
  runtime rt{{.workers = 2}};
  std::thread::id before;
  EXPECT_TRUE(comes_true([&] {
    EXPECT_NE(rt.spawn(thread_after_a_wait(before)).get(), std::this_thread::get_id());
    return before == std::this_thread::get_id();
  }));
}

TEST(waiter_takes_part, errors_come_out_of_get) {
  runtime rt{{.workers = 2}};
  std::thread::id where;
  const auto fails = [&]() -> task<> {
    where = std::this_thread::get_id();
    throw std::range_error("planned");
    co_return;
  };
  EXPECT_TRUE(comes_true([&] {
    EXPECT_THROW(rt.spawn(fails).get(), std::range_error);
    return where == std::this_thread::get_id();
  }));
}

// What else there is to do stays with the workers: those that were spawned before and after, those that the task
// spawns, and those that it makes go on.
TEST(waiter_takes_part, nothing_but_its_own_task_runs_on_its_thread) {
  runtime rt{{.workers = 3}};
  const std::thread::id here = std::this_thread::get_id();
  std::atomic<int> foreign_here = 0;
  std::atomic<int> own_here = 0;
  const auto foreign = [&]() -> task<> {
    if (std::this_thread::get_id() == here) ++foreign_here;
    co_return;
  };
  for (race_rounds rounds(2000); rounds.more();) {
    magpie::completion<int> told;
    std::vector<join_handle<void>> others;
    std::atomic<int> listening = 0;
    const auto listens = [&]() -> task<> {
      ++listening;
      co_await told.wait();
      if (std::this_thread::get_id() == here) ++foreign_here;
    };
    for (int i = 0; i < 3; ++i) others.push_back(rt.spawn(listens));
    while (listening.load() < 3) std::this_thread::yield();
    auto own = rt.spawn([&]() -> task<int> {
      if (std::this_thread::get_id() == here) ++own_here;
      for (int i = 0; i < 3; ++i) rt.spawn(foreign).detach();
      told.set_value(1);
      auto [a, b] = co_await magpie::gather(number(1), number(2));
      co_return a + b;
    });
    others.push_back(rt.spawn(foreign));
    EXPECT_EQ(own.get(), 3);
    for (auto& each : others) ASSERT_TRUE(each.wait_for(10min));
  }
  EXPECT_EQ(foreign_here, 0);
  EXPECT_GT(own_here, 0) << "or this has seen nothing";
}

// The last child of a group makes the parent go on, who is a stranger to the thread that waits for the child.
TEST(waiter_takes_part, a_groups_parent_does_not_go_on_on_its_thread) {
  runtime rt{{.workers = 3}};
  const std::thread::id here = std::this_thread::get_id();
  for (race_rounds rounds(1000); rounds.more();) {
    std::optional<magpie::task_group> group;
    gate is_there;
    gate may_end;
    std::atomic<bool> parent_here = false;
    auto parent = rt.spawn([&]() -> task<> {
      co_await magpie::with_task_group([&](magpie::task_group& g) -> task<> {
        g.spawn([&]() -> task<> { co_await may_end.opened(); }).detach();
        group = g;
        is_there.open();
        co_return;
      });
      parent_here = std::this_thread::get_id() == here;
    });
    ASSERT_TRUE(is_there.wait());
    auto child = group->spawn([&]() -> task<int> {
      may_end.open();
      co_return 7;
    });
    group.reset();
    EXPECT_EQ(child.get(), 7);
    ASSERT_TRUE(parent.wait_for(10min));
    EXPECT_FALSE(parent_here);
  }
}

TEST(waiter_takes_part, R1_a_cancel_meets_it) {
  runtime rt{{.workers = 2}};
  int values = 0;
  for (race_rounds rounds(2000); rounds.more();) {
    auto handle = rt.spawn(number(3));
    std::atomic<bool> go = false;
    std::thread canceller([&] {
      while (!go.load()) std::this_thread::yield();
      handle.cancel();
    });
    go = true;
    handle.wait();
    canceller.join();
    magpie::outcome<int> how = handle.take();
    EXPECT_NE(how.has_value(), how.is_cancelled());
    if (!how.has_value()) continue;
    EXPECT_EQ(how.value(), 3);
    ++values;
  }
  EXPECT_GT(values, 0);
  EXPECT_NO_WITNESS_LEFT();
}

// The handles outlive their runtime, whose end comes at any moment of get(); and another runtime takes its place, at
// the same address perhaps.
TEST(waiter_takes_part, R9_a_runtime_ends_while_threads_wait_for_its_tasks) {
  for (race_rounds rounds(500); rounds.more();) {
    constexpr int handles_each = 4;
    auto rt = std::make_unique<runtime>(magpie::runtime_options{.workers = 3});
    std::vector<std::vector<join_handle<int>>> handles(2);
    for (auto& of_thread : handles) {
      for (int i = 0; i < handles_each; ++i) of_thread.push_back(rt->spawn(number(5)));
    }
    std::atomic<int> ended = 0;
    std::atomic<int> ready = 0;
    std::vector<std::thread> waiters;
    for (auto& of_thread : handles) {
      waiters.emplace_back([&] {
        ++ready;
        for (auto& handle : of_thread) {
          try {
            EXPECT_EQ(handle.get(), 5);
          } catch (const magpie::task_cancelled&) {
            // The end came before it ran.
          }
          ++ended;
        }
      });
    }
    while (ready.load() < 2) std::this_thread::yield();
    rt.reset();
    rt = std::make_unique<runtime>(magpie::runtime_options{.workers = 3});
    auto of_another = rt->spawn(number(6));
    EXPECT_EQ(of_another.get(), 6);
    for (std::thread& each : waiters) each.join();
    EXPECT_EQ(ended, 2 * handles_each);
  }
  EXPECT_NO_WITNESS_LEFT();
}

}  // namespace
