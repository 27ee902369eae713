#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/shared_handle.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/sanitizers.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::shared_handle;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::fewer_if_sanitized;
using magpie_test::gate;
using magpie_test::witness;
using namespace std::chrono_literals;

task<witness> gives(gate& g, int n) {
  co_await g.opened();
  co_return witness(n);
}
task<int> fails(gate& g) {
  co_await g.opened();
  throw std::range_error("x");
  co_return 0;
}
task<int> number(int n) { co_return n; }
task<const witness*> address_in(shared_handle<witness> shared) {
  const witness& w = co_await shared;
  co_return &w;
}
task<int> value_in(shared_handle<int> shared) { co_return co_await shared; }
task<> end_of(shared_handle<void> shared) { co_await shared; }

std::atomic<int> unheard{0};
void count_unheard(std::exception_ptr, std::string_view) { unheard.fetch_add(1); }

TEST(shared_handle, many_tasks_are_given_the_same_object) {
  {
    gate g;
    runtime rt{{.workers = 3}};
    join_handle<witness> h = rt.spawn(gives(g, 5));
    shared_handle<witness> shared = h.share();
    EXPECT_FALSE(h.valid());
    EXPECT_TRUE(shared.valid());
    EXPECT_FALSE(shared.ready());
    std::vector<join_handle<const witness*>> waiters;
    for (int i = 0; i < 100; ++i) {
      waiters.push_back(rt.spawn(address_in(shared)));
    }
    g.open();
    const witness& got = shared.get();
    for (auto& w : waiters) EXPECT_EQ(w.get(), &got);
    EXPECT_TRUE(shared.ready());
    EXPECT_EQ(got.value(), 5);
    EXPECT_EQ(&shared.get(), &got);
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(shared_handle, every_kind_of_result) {
  runtime rt{{.workers = 2}};
  int target = 4;
  auto nothing = []() -> task<> { co_return; };
  auto reference = [&]() -> task<int&> { co_return target; };
  auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(6); };
  rt.block_on([&]() -> task<> {
    auto v = rt.spawn(nothing()).share();
    co_await v;
    co_await v;
    auto r = rt.spawn(reference()).share();
    int& i = co_await r;
    EXPECT_EQ(&i, &target);
    auto p = rt.spawn(pointer()).share();
    const std::unique_ptr<int>& q = co_await p;
    EXPECT_EQ(*q, 6);
    EXPECT_EQ(&q, &p.get());
    auto [a, b] = co_await magpie::gather(r, p);
    EXPECT_EQ(&a, &target);
    EXPECT_EQ(&b, &q);
  });
  static_assert(std::is_same_v<shared_handle<int>::result_type, const int&>);
  static_assert(std::is_same_v<shared_handle<int&>::result_type, int&>);
  static_assert(std::is_same_v<shared_handle<void>::result_type, void>);
  static_assert(std::is_copy_constructible_v<shared_handle<std::unique_ptr<int>>>);
}

TEST(shared_handle, an_error_is_rethrown_to_each) {
  gate g;
  unheard = 0;
  {
    runtime rt{{.workers = 2, .on_unhandled = count_unheard}};
    auto shared = rt.spawn(fails(g)).share();
    std::vector<join_handle<int>> waiters;
    for (int i = 0; i < 20; ++i) {
      waiters.push_back(rt.spawn(value_in(shared)));
    }
    g.open();
    for (auto& w : waiters) EXPECT_THROW(w.get(), std::range_error);
    EXPECT_THROW(static_cast<void>(shared.get()), std::range_error);
  }
  EXPECT_EQ(unheard, 0);
}

TEST(shared_handle, an_error_that_nobody_was_given_is_reported_once) {
  for (bool early : {true, false}) {
    gate g;
    unheard = 0;
    {
      runtime rt{{.workers = 2, .on_unhandled = count_unheard}};
      auto shared = rt.spawn(fails(g)).share();
      auto copy = shared;
      if (early) {
        copy = shared_handle<int>();
        shared = shared_handle<int>();
      }
      g.open();
      if (early) {
        EXPECT_TRUE(comes_true([] { return unheard == 1; }));
      }
      if (!early) shared.wait();
    }
    EXPECT_EQ(unheard, 1);
  }
}

TEST(shared_handle, cancel_and_a_cancelled_task) {
  runtime rt{{.workers = 2}};
  auto shared = rt.spawn(magpie::sleep_until(magpie::never)).share();
  auto waiter = rt.spawn(end_of(shared));
  auto copy = shared;
  EXPECT_TRUE(copy.cancel());
  EXPECT_THROW(waiter.get(), magpie::task_cancelled);
  EXPECT_THROW(shared.get(), magpie::task_cancelled);
  EXPECT_FALSE(shared.cancel());
}

TEST(shared_handle, a_stopped_waiter_leaves_the_task_and_the_others_alone) {
  gate g;
  runtime rt{{.workers = 2}};
  auto shared = rt.spawn(gives(g, 3)).share();
  auto stays = rt.spawn(address_in(shared));
  auto late = [&]() -> task<> { co_await magpie::with_timeout(1ms, shared); };
  EXPECT_THROW(rt.block_on(late), magpie::timed_out);
  EXPECT_FALSE(shared.ready());
  EXPECT_FALSE(shared.wait_for(1ms));
  EXPECT_FALSE(shared.wait_until(magpie::clock::now()));
  g.open();
  EXPECT_EQ(stays.get()->value(), 3);
  EXPECT_TRUE(shared.wait_for(1h));
}

TEST(shared_handle, an_invalid_one_says_so) {
  runtime rt{{.workers = 1}};
  shared_handle<int> none;
  EXPECT_FALSE(none.valid());
  EXPECT_FALSE(none.ready());
  EXPECT_FALSE(none.cancel());
  EXPECT_THROW(static_cast<void>(none.get()), magpie::usage_error);
  EXPECT_THROW(none.wait(), magpie::usage_error);
  EXPECT_THROW(rt.block_on([&]() -> task<> { static_cast<void>(co_await none); }), magpie::usage_error);
  join_handle<int> h;
  EXPECT_THROW(static_cast<void>(h.share()), magpie::usage_error);
}

TEST(shared_handle, share_of_a_handle_that_is_waited_on_is_refused) {
  gate g;
  gate waits;
  runtime rt{{.workers = 1}};
  join_handle<witness> h = rt.spawn(gives(g, 1));
  auto waiter = rt.spawn([&]() -> task<int> {
    waits.open();
    co_return (co_await h).value();
  });
  ASSERT_TRUE(waits.wait());
  rt.spawn(number(1)).get();  // by the one worker, who has come to the wait before
  EXPECT_THROW(static_cast<void>(h.share()), magpie::usage_error);
  g.open();
  EXPECT_EQ(waiter.get(), 1);
}

TEST(shared_handle, get_on_a_worker_is_a_usage_error_unless_ready) {
  gate g;
  runtime rt{{.workers = 1}};
  auto shared = rt.spawn(gives(g, 1)).share();
  rt.block_on([&]() -> task<> {
    EXPECT_THROW(static_cast<void>(shared.get()), magpie::usage_error);
    g.open();
    const witness& w = co_await shared;
    EXPECT_EQ(&w, &shared.get());
  });
}

TEST(shared_handle, of_a_task_that_has_ended_and_outliving_the_runtime) {
  shared_handle<int> shared;
  {
    runtime rt{{.workers = 1}};
    auto h = rt.spawn(number(8));
    h.wait();
    shared = h.share();
    EXPECT_TRUE(shared.ready());
  }
  EXPECT_EQ(shared.get(), 8);
}

TEST(shared_handle, threads_and_tasks_wait_together_while_handles_come_and_go) {
  for (int round = 0; round < fewer_if_sanitized(300, 50); ++round) {
    gate g;
    runtime rt{{.workers = 2}};
    auto shared = rt.spawn(gives(g, round)).share();
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([shared, round, t] {
        auto mine = shared;
        if (t == 0) static_cast<void>(mine.wait_for(50us));
        EXPECT_EQ(mine.get().value(), round);
      });
    }
    for (int i = 0; i < 5; ++i) {
      rt.spawn(address_in(shared)).detach();
    }
    shared = shared_handle<witness>();
    g.open();
    for (auto& t : threads) t.join();
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(shared_handle, R8_100000_waiters_are_all_woken_once) {
  const int n = fewer_if_sanitized(100'000, 5'000);
  gate g;
  runtime rt{{.workers = 2}};
  auto shared = rt.spawn(gives(g, 1)).share();
  std::atomic<int> waiting{0};
  std::atomic<int> woken{0};
  std::vector<join_handle<void>> waiters;
  for (int i = 0; i < n; ++i) {
    waiters.push_back(rt.spawn([&]() -> task<> {
      waiting.fetch_add(1);
      static_cast<void>(co_await shared);
      woken.fetch_add(1);
    }));
  }
  EXPECT_TRUE(comes_true([&] { return waiting == n; }));
  g.open();
  for (auto& w : waiters) w.get();
  EXPECT_EQ(woken, n);
}

TEST(shared_handle, on_virtual_time_a_plain_wait_drives) {
  magpie::testing::virtual_runtime rt{{.seed = 3, .workers = 2}};
  auto slow = []() -> task<int> {
    co_await magpie::sleep_for(1h);
    co_return 4;
  };
  auto shared = rt.spawn(slow).share();
  auto waiter = rt.spawn(value_in(shared));
  EXPECT_FALSE(shared.wait_for(1min));
  EXPECT_GE(rt.elapsed(), 1min);
  EXPECT_EQ(shared.get(), 4);
  EXPECT_EQ(rt.elapsed(), 1h);
  EXPECT_EQ(waiter.get(), 4);
}

}  // namespace
