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

TEST(misuse, a_task_that_awaits_itself_in_a_shield_is_refused) {
  const auto awaits = [](auto& own) { return [&own]() -> task<> { static_cast<void>(co_await own); }; };
  expect_refused([=](auto&, auto& own) -> task<> { co_await magpie::shield(awaits(own)); }, "shield");
  expect_refused([=](auto&, auto& own) -> task<> { co_await magpie::shield(awaits(own), 1h); }, "shield with a grace");
  expect_refused(
      [=](auto&, auto& own) -> task<> {
        const auto shielded = [&]() -> task<> { co_await magpie::shield(awaits(own)); };
        co_await magpie::shield(magpie::with_timeout(1h, shielded));
      },
      "a shield in a shield");
  expect_refused([=](auto&, auto& own) -> task<> { co_await magpie::finally(one(), awaits(own)); }, "a clean-up");
  expect_refused(
      [](auto&, auto& own) -> task<> {
        const auto wait_any = [&]() -> task<> { static_cast<void>(co_await magpie::wait_any(own)); };
        co_await magpie::shield(wait_any);
      },
      "wait_any in a shield");
}

TEST(misuse, a_shield_in_the_body_of_a_group_joins_and_one_in_a_child_is_refused) {
  virtual_runtime rt;
  bool refused = false;
  rt.block_on(magpie::with_task_group([&](magpie::task_group& group) -> task<> {
    const auto join = [group]() -> task<> { co_await group.join(); };
    const auto child = [&]() -> task<> {
      try {
        co_await magpie::shield(join);
      } catch (const usage_error&) {
        refused = true;
      }
    };
    group.spawn(child).detach();
    co_await magpie::shield(join);
    EXPECT_EQ(group.active(), 0u);
  }));
  EXPECT_TRUE(refused);
}

/// Takes from a stream over `others` handles and its own, which is the last, until it is refused.
task<> takes_its_own_end(virtual_runtime& rt, join_handle<bool>& own, int others, bool shielded) {
  std::vector<join_handle<bool>> all;
  for (int i = 0; i < others; ++i) all.push_back(rt.spawn([]() -> task<bool> { co_return true; }));
  all.push_back(std::move(own));
  bool refused = false;
  {
    auto stream = magpie::as_completed(all);
    const auto take_all = [&]() -> task<> {
      for (;;) {
        auto* const next = co_await stream.next();
        if (next == nullptr) break;
      }
    };
    try {
      if (shielded) {
        co_await magpie::shield(take_all);
      } else {
        co_await take_all();
      }
    } catch (const usage_error&) {
      refused = true;
    }
  }
  own = std::move(all.back());
  if (refused) throw usage_error("as expected");
}

TEST(misuse, a_task_that_takes_its_own_end_from_as_completed_is_refused) {
  for (const int others : {0, 1, 100}) {
    expect_refused([=](auto& rt, auto& own) { return takes_its_own_end(rt, own, others, false); }, "as_completed");
  }
  expect_refused([](auto& rt, auto& own) { return takes_its_own_end(rt, own, 1, true); }, "as_completed in a shield");
}

TEST(misuse, who_is_not_among_them_takes_from_as_completed) {
  virtual_runtime rt;
  // What takes is a part of a task that somebody else waits for, in a stream too.
  const auto takes = [&]() -> task<int> {
    std::vector<join_handle<int>> inner;
    for (int i = 0; i < 3; ++i) inner.push_back(rt.spawn(one()));
    inner.push_back(rt.spawn([]() -> task<int> {
      co_await magpie::sleep_for(1ms);
      co_return 1;
    }));
    int sum = 0;
    auto stream = magpie::as_completed(inner);
    for (;;) {
      auto* const next = co_await stream.next();
      if (next == nullptr) break;
      sum += next->get();
    }
    co_return sum;
  };
  const int sum = rt.block_on([&]() -> task<int> {
    std::vector<join_handle<int>> outer;
    outer.push_back(rt.spawn(takes));
    outer.push_back(rt.spawn(takes));
    int all = 0;
    auto stream = magpie::as_completed(outer);
    for (;;) {
      auto* const next = co_await stream.next();
      if (next == nullptr) break;
      all += next->get();
    }
    co_return all;
  });
  EXPECT_EQ(sum, 8);
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
