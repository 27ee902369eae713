#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

/// What is awaited once says so when it is awaited again, or after it was moved from. Never silence.
namespace {

using namespace std::chrono_literals;
using magpie::task;

task<int> number() { co_return 1; }
task<> nothing() { co_return; }
task<int> body(magpie::task_group&) { co_return 1; }
task<int> timed_body(magpie::deadline_scope&) { co_return 1; }

template <class A>
task<> expect_refusal(A& used, const char* what) {
  bool refused = false;
  try {
    static_cast<void>(co_await std::move(used));
  } catch (const magpie::usage_error&) {
    refused = true;
  }
  EXPECT_TRUE(refused) << what;
}

template <class Make>
task<> once(Make make, const char* what) {
  auto first = make();
  static_cast<void>(co_await std::move(first));
  co_await expect_refusal(first, what);
  auto moved_from = make();
  auto target = std::move(moved_from);
  co_await expect_refusal(moved_from, what);
  static_cast<void>(co_await std::move(target));
}

TEST(misuse, what_is_awaited_twice_is_refused) {
  magpie::testing::virtual_runtime rt;
  rt.block_on([]() -> task<> {
    co_await once(number, "a task");
    co_await once([] { return magpie::gather(number(), number()); }, "gather");
    co_await once(
        [] { return magpie::gather(std::views::iota(0, 3) | std::views::transform([](int) { return number(); })); },
        "gather of a range");
    co_await once([] { return magpie::gather_outcomes(number(), nothing()); }, "gather_outcomes");
    co_await once([] { return magpie::race(number(), number()); }, "race");
    co_await once([] { return magpie::as_outcome(number()); }, "as_outcome");
    co_await once([] { return magpie::shield(number()); }, "shield");
    co_await once([] { return magpie::shield(number(), 1ms); }, "shield with grace");
    co_await once([] { return magpie::finally(number(), nothing); }, "finally");
    co_await once([] { return magpie::with_timeout(1s, number()); }, "with_timeout");
    co_await once([] { return magpie::with_deadline(magpie::never, number()); }, "with_deadline");
    co_await once([] { return magpie::with_deadline_scope(magpie::never, timed_body); }, "with_deadline_scope");
    co_await once([] { return magpie::with_stop_token(std::stop_token(), number()); }, "with_stop_token");
    co_await once([] { return magpie::with_task_group(body); }, "with_task_group");
    co_await once([] { return magpie::first_success(number(), number()); }, "first_success");
    co_await once([] { return magpie::parallel_for(0, 9, [](int) {}); }, "parallel_for");
    co_await once([] { return magpie::co_invoke(number); }, "co_invoke");
  });
}

TEST(misuse, a_wait_awaited_twice_is_refused) {
  magpie::testing::virtual_runtime rt;
  rt.block_on([](magpie::runtime& r) -> task<> {
    for (const int n : {1, 100}) {
      std::vector<magpie::join_handle<int>> handles;
      for (int i = 0; i < n; ++i) handles.push_back(r.spawn(number()));
      auto all = magpie::wait(handles);
      static_cast<void>(co_await std::move(all));
      co_await expect_refusal(all, "wait");
      auto any = magpie::wait_any(handles);
      static_cast<void>(co_await std::move(any));
      co_await expect_refusal(any, "wait_any");
    }
  }(rt));
}

/// What waits can be moved before it is awaited, and the one moved from is no other than it was; but it waits once.
template <class Wait>
task<> waits_once(Wait wait, const char* what) {
  static_cast<void>(co_await std::move(wait));
  co_await expect_refusal(wait, what);
}

TEST(misuse, what_waits_is_awaited_once) {
  for (const bool suspends : {false, true}) {
    magpie::testing::virtual_runtime rt;
    magpie::event set;
    magpie::latch counted(1);
    magpie::barrier met(suspends ? 2 : 1);
    magpie::mutex locked;
    magpie::semaphore permits(suspends ? 0 : 3);
    magpie::channel<int> items(1);
    magpie::completion<int> result;
    rt.block_on([&]() -> task<> {
      auto held = locked.try_lock();
      const auto let_go = [&]() -> task<> {
        set.set();
        counted.count_down();
        held = {};
        permits.release(3);
        result.set_value(1);
        co_await items.send(1);
        if (suspends) co_await met.arrive_and_wait();
      };
      if (!suspends) co_await let_go();
      const auto in_time = [](const char* what, auto wait) -> task<> {
        co_await magpie::with_timeout(1s, waits_once(std::move(wait), what));
      };
      co_await magpie::gather(
          in_time("sleep_for", magpie::sleep_for(suspends ? 1ms : 0ms)),
          in_time("sleep_until", magpie::sleep_until(magpie::clock::now() + (suspends ? 1ms : 0ms))),
          in_time("event", set.wait()), in_time("latch", counted.wait()), in_time("barrier", met.arrive_and_wait()),
          in_time("mutex", locked.lock()), in_time("semaphore", permits.acquire()), in_time("receive", items.receive()),
          in_time("completion", result.wait()), in_time("blocking", magpie::blocking([] { return 1; })),
          [&]() -> task<> {
            if (suspends) co_await let_go();
          });
    });
  }
}

TEST(misuse, the_next_of_a_stream_is_awaited_once) {
  magpie::testing::virtual_runtime rt;
  rt.block_on([](magpie::runtime& r) -> task<> {
    std::vector<magpie::join_handle<int>> handles;
    for (int i = 0; i < 3; ++i) handles.push_back(r.spawn(number()));
    auto stream = magpie::as_completed(handles);
    auto next = stream.next();
    EXPECT_NE(co_await std::move(next), nullptr);
    co_await expect_refusal(next, "next");
    EXPECT_EQ(stream.remaining(), 2u);
  }(rt));
}

TEST(misuse, a_join_is_awaited_once) {
  magpie::testing::virtual_runtime rt;
  rt.block_on(magpie::with_task_group([](magpie::task_group& group) -> task<> {
    group.spawn(magpie::sleep_for(1ms)).detach();
    auto join = group.join();
    co_await std::move(join);
    co_await expect_refusal(join, "join");
  }));
}

TEST(misuse, a_send_awaited_twice_is_refused) {
  magpie::testing::virtual_runtime rt;
  rt.block_on([]() -> task<> {
    magpie::channel<int> c(4);
    auto send = c.send(1);
    co_await std::move(send);
    bool refused = false;
    try {
      co_await std::move(send);
    } catch (const magpie::usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
    EXPECT_EQ(c.size(), 1u);
  });
}

}  // namespace
