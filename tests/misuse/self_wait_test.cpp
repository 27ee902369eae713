#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

/// A task that waits for its own end would wait for ever. On the virtual runtime that would be a deadlock, which ends
/// the test with the tree of tasks.
namespace {

using namespace std::chrono_literals;
using magpie::join_handle;
using magpie::task;
using magpie::usage_error;
using magpie::testing::virtual_runtime;

task<int> one() { co_return 1; }

/// Spawns a task that does `wait` with its own handle, or one that knows it. It must get a usage_error, and end.
template <class Wait>
void expect_refused(Wait wait, const char* what) {
  virtual_runtime rt;
  join_handle<bool> own;
  bool refused = false;
  const auto body = [&]() -> task<bool> {
    try {
      co_await wait(rt, own);
    } catch (const usage_error&) {
      refused = true;
    }
    co_return true;
  };
  own = rt.spawn(body);
  rt.block_on(magpie::sleep_for(1s));
  EXPECT_TRUE(refused) << what;
}

TEST(misuse, a_task_that_awaits_itself_is_refused) {
  expect_refused([](auto&, auto& own) -> task<> { static_cast<void>(co_await own); }, "co_await");
  expect_refused([](auto&, auto& own) -> task<> { static_cast<void>(co_await magpie::with_timeout(1s, own)); },
                 "with_timeout");
  expect_refused(
      [](auto&, auto& own) -> task<> { static_cast<void>(co_await magpie::race(own, magpie::sleep_for(1h))); }, "race");
  expect_refused(
      [](auto& rt, auto& own) -> task<> {
        auto other = rt.spawn(one());
        static_cast<void>(co_await magpie::gather(own, other));
      },
      "gather");
  expect_refused(
      [](auto&, auto& own) -> task<> {
        static_cast<void>(co_await magpie::gather(std::move(own), magpie::sleep_for(1ms)));
      },
      "gather of what is given away");
}

TEST(misuse, a_task_that_waits_for_itself_among_others_is_refused) {
  expect_refused(
      [](auto& rt, auto& own) -> task<> {
        std::vector<join_handle<bool>> all;
        all.push_back(rt.spawn([]() -> task<bool> { co_return true; }));
        all.push_back(std::move(own));
        bool refused = false;
        try {
          co_await magpie::wait(all);
        } catch (const usage_error&) {
          refused = true;
        }
        own = std::move(all[1]);
        if (refused) throw usage_error("as expected");
      },
      "wait");
  expect_refused(
      [](auto& rt, auto& own) -> task<> {
        auto other = rt.spawn(magpie::sleep_for(1h));
        static_cast<void>(co_await magpie::wait_any(own, other));
      },
      "wait_any");
}

TEST(misuse, a_task_that_awaits_its_own_shared_handle_is_refused) {
  virtual_runtime rt;
  magpie::shared_handle<bool> own;
  const auto body = [&]() -> task<bool> {
    try {
      static_cast<void>(co_await own);
    } catch (const usage_error&) {
      co_return true;
    }
    co_return false;
  };
  own = rt.spawn(body).share();
  EXPECT_TRUE(own.get());
}

TEST(misuse, a_part_of_a_task_that_awaits_it_is_refused) {
  expect_refused(
      [](auto&, auto& own) -> task<> {
        const auto part = [&]() -> task<> { static_cast<void>(co_await own); };
        co_await magpie::gather(magpie::with_timeout(1s, part), magpie::sleep_for(1ms));
      },
      "a part of a part");
  expect_refused(
      [](auto&, auto& own) -> task<> {
        bool refused = false;
        co_await magpie::with_task_group([&](magpie::task_group& group) -> task<> {
          const auto child = [&]() -> task<> {
            try {
              static_cast<void>(co_await own);
            } catch (const usage_error&) {
              refused = true;
            }
          };
          group.spawn(child).detach();
          co_await group.join();
        });
        if (refused) throw usage_error("as expected");
      },
      "a child of its group");
}

TEST(misuse, two_tasks_that_await_each_other_are_a_deadlock_that_can_be_stopped) {
  virtual_runtime rt;
  join_handle<void> a;
  join_handle<void> b;
  a = rt.spawn([&]() -> task<> { co_await b; }, {.name = "a"});
  b = rt.spawn([&]() -> task<> { co_await a; }, {.name = "b"});
  EXPECT_THROW(rt.block_on(magpie::sleep_until(magpie::never)), magpie::testing::deadlock);
  a.cancel();
  rt.block_on(magpie::sleep_for(1ms));
  EXPECT_FALSE(a.valid());  // b has taken its cancellation
  EXPECT_TRUE(b.take().is_cancelled());
}

}  // namespace
