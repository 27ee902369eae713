#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/sanitizers.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::return_when;
using magpie::runtime;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::fewer_if_sanitized;
using magpie_test::gate;
using namespace std::chrono_literals;

task<int> number(int n) { co_return n; }
task<int> fails(std::string what) {
  throw std::range_error(what);
  co_return 0;
}
task<int> after(gate& g, int n) {
  co_await g.opened();
  co_return n;
}
task<int> fails_after(gate& g) {
  co_await g.opened();
  throw std::range_error("late");
}
task<int> sleeps() {
  co_await magpie::sleep_until(magpie::never);
  co_return 0;
}
void finish(join_handle<int>& h) {
  EXPECT_TRUE(comes_true([&] { return h.ready(); }));
}

class wait : public testing::TestWithParam<unsigned> {
 protected:
  runtime rt{{.workers = GetParam()}};
  gate never_opened;

  /// Opens what the test left closed, so that the runtime can end.
  ~wait() override { never_opened.open(); }
};
INSTANTIATE_TEST_SUITE_P(workers, wait, testing::Values(1u, 2u, 4u),
                         [](const auto& p) { return std::to_string(p.param); });

TEST_P(wait, W1_all_completed_waits_for_all_and_again_returns_at_once) {
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 20; ++i) hs.push_back(rt.spawn(number(i)));
  rt.block_on([&]() -> task<> {
    auto [done, pending] = co_await magpie::wait(hs);
    EXPECT_EQ(done.size(), 20u);
    EXPECT_TRUE(pending.empty());
    EXPECT_EQ(done.data(), hs.data());
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(hs[static_cast<std::size_t>(i)].ready());
    auto [again, nothing] = co_await magpie::wait(done);
    EXPECT_EQ(again.size(), 20u);
    EXPECT_TRUE(nothing.empty());
    for (int i = 0; i < 20; ++i) EXPECT_EQ(again[static_cast<std::size_t>(i)].get(), i);
  });
}

TEST_P(wait, W2_first_completed_leaves_the_rest_untouched) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 9; ++i) hs.push_back(i == 4 ? rt.spawn(after(g, i)) : rt.spawn(after(never_opened, i)));
  auto opener = rt.spawn([&]() -> task<> {
    g.open();
    co_return;
  });
  rt.block_on([&]() -> task<> {
    auto [done, pending] = co_await magpie::wait(hs, return_when::first_completed);
    EXPECT_EQ(done.size(), 1u);
    EXPECT_EQ(pending.size(), 8u);
    EXPECT_EQ(done[0].get(), 4);
    for (auto& h : pending) EXPECT_FALSE(h.ready());
    never_opened.open();
    auto [rest, none] = co_await magpie::wait(pending);
    EXPECT_EQ(rest.size(), 8u);
    EXPECT_TRUE(none.empty());
  });
  opener.get();
}

TEST_P(wait, W3_done_holds_whatever_has_ended_at_return) {
  gate g;
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 0)));
  for (int i = 1; i < 4; ++i) hs.push_back(rt.spawn(number(i)));
  for (int i = 1; i < 4; ++i) finish(hs[static_cast<std::size_t>(i)]);
  rt.block_on([&]() -> task<> {
    auto [done, pending] = co_await magpie::wait(hs, return_when::first_completed);
    EXPECT_EQ(done.size(), 3u);
    EXPECT_EQ(pending.size(), 1u);
  });
}

TEST_P(wait, W4_first_exception_returns_on_the_first_failure) {
  gate g;
  gate quick;
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 0)));
  hs.push_back(rt.spawn(after(quick, 1)));
  hs.push_back(rt.spawn(fails_after(g)));
  hs.push_back(rt.spawn(sleeps()));
  auto waiter = rt.spawn([&]() -> task<> {
    auto [done, pending] = co_await magpie::wait(hs, return_when::first_exception);
    EXPECT_EQ(done.size(), 3u);
    EXPECT_EQ(pending.size(), 1u);
    EXPECT_EQ(done[0].get(), 1);
    EXPECT_THROW(done[1].get(), std::range_error);
    EXPECT_TRUE(done[2].take().is_cancelled());
  });
  quick.open();
  finish(hs[1]);
  hs[3].cancel();  // a cancelled task is no failure
  finish(hs[3]);
  EXPECT_FALSE(waiter.wait_for(20ms));
  g.open();
  waiter.get();
}

TEST_P(wait, W4_first_exception_sees_a_failure_from_before_the_call) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 0)));
  hs.push_back(rt.spawn(fails("early")));
  finish(hs[1]);
  rt.block_on([&]() -> task<> {
    auto [done, pending] = co_await magpie::wait(hs, return_when::first_exception);
    EXPECT_EQ(done.size(), 1u);
    EXPECT_THROW(done[0].get(), std::range_error);
    EXPECT_EQ(pending.size(), 1u);
  });
}

TEST_P(wait, W4_first_exception_without_one_waits_for_all) {
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 10; ++i) hs.push_back(rt.spawn(number(i)));
  rt.block_on([&]() -> task<> {
    auto r = co_await magpie::wait(hs, return_when::first_exception);
    EXPECT_EQ(r.done.size(), 10u);
  });
}

TEST_P(wait, W5_a_cancelled_task_satisfies_first_completed) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 0)));
  hs.push_back(rt.spawn(sleeps()));
  auto waiter = rt.spawn([&]() -> task<> {
    auto [done, pending] = co_await magpie::wait(hs, return_when::first_completed);
    EXPECT_EQ(done.size(), 1u);
    EXPECT_TRUE(done[0].take().is_cancelled());
  });
  std::this_thread::sleep_for(1ms);
  auto canceller = rt.spawn([&]() -> task<> {
    hs[1].cancel();
    co_return;
  });
  waiter.get();
}

TEST_P(wait, W6_a_passed_deadline_neither_throws_nor_cancels) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 7)));
  hs.push_back(rt.spawn(number(1)));
  finish(hs[1]);
  rt.block_on([&]() -> task<> {
    const auto begin = magpie::clock::now();
    auto [done, pending] = co_await magpie::wait_for(hs, 5ms);
    EXPECT_GE(magpie::clock::now() - begin, 5ms);
    EXPECT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].get(), 1);
    EXPECT_EQ(pending.size(), 1u);
    EXPECT_FALSE(pending[0].ready());
    auto r = co_await magpie::wait_until(pending, magpie::clock::now() + 2ms, return_when::first_completed);
    EXPECT_TRUE(r.done.empty());
    never_opened.open();
    auto last = co_await magpie::wait_until(r.pending, magpie::never);
    EXPECT_EQ(last.done[0].get(), 7);
  });
}

TEST_P(wait, W6_a_zero_or_past_deadline_polls) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 0)));
  hs.push_back(rt.spawn(number(1)));
  finish(hs[1]);
  rt.block_on([&]() -> task<> {
    for (const auto length : {0ms, -5ms}) {
      auto r = co_await magpie::wait_for(hs, length);
      EXPECT_EQ(r.done.size(), 1u);
      EXPECT_EQ(r.pending.size(), 1u);
    }
    auto r = co_await magpie::wait_until(hs, magpie::clock::time_point());
    EXPECT_EQ(r.done.size(), 1u);
    auto nan = co_await magpie::wait_for(hs, std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_EQ(nan.done.size(), 1u);
  });
}

TEST_P(wait, W6_a_poll_completes_at_once_even_if_the_waiter_must_stop) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 0)));
  std::atomic<int> came{0};
  auto stopped = rt.spawn([&]() -> task<> {
    auto token = co_await magpie::get_stop_token();
    came = 1;
    while (!token.stop_requested()) {
    }
    auto r = co_await magpie::wait_for(hs, 0s);  // C0
    EXPECT_EQ(r.pending.size(), 1u);
    came = 2;
    co_await magpie::wait_for(hs, 1h);
    came = 3;
  });
  EXPECT_TRUE(comes_true([&] { return came == 1; }));
  stopped.cancel();
  EXPECT_THROW(stopped.get(), magpie::task_cancelled);
  EXPECT_EQ(came, 2);
}

TEST_P(wait, durations_saturate) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(number(1)));
  hs.push_back(rt.spawn(number(2)));
  rt.block_on([&]() -> task<> {
    auto a = co_await magpie::wait_for(hs, std::chrono::hours::max());
    EXPECT_EQ(a.done.size(), 2u);
    auto b = co_await magpie::wait_for(hs, std::chrono::duration<double>(1e300));
    EXPECT_EQ(b.done.size(), 2u);
    auto c = co_await magpie::wait_for(hs, 0.25s);
    EXPECT_EQ(c.done.size(), 2u);
  });
  hs.clear();
  gate g;
  hs.push_back(rt.spawn(after(g, 1)));
  auto waiter = rt.spawn([&]() -> task<> { co_await magpie::wait_for(hs, std::chrono::duration<double>(1e300)); });
  EXPECT_FALSE(waiter.wait_for(3ms));
  g.open();
  waiter.get();
}

TEST_P(wait, W7_never_throws_what_a_child_threw) {
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 10; ++i) hs.push_back(rt.spawn(fails("x")));
  rt.block_on([&]() -> task<> {
    for (auto until : {return_when::first_completed, return_when::first_exception, return_when::all_completed}) {
      auto r = co_await magpie::wait(hs, until);
      EXPECT_FALSE(r.done.empty());
    }
  });
  for (auto& h : hs) EXPECT_THROW(h.get(), std::range_error);
}

TEST_P(wait, W8_an_empty_range_is_an_invalid_argument) {
  std::vector<join_handle<int>> hs;
  auto all = [&]() -> task<> { co_await magpie::wait(hs); };
  auto any = [&]() -> task<> { static_cast<void>(co_await magpie::wait_any(hs)); };
  auto timed = [&]() -> task<> { co_await magpie::wait_for(std::span<join_handle<int>>(), 1s); };
  EXPECT_THROW(rt.block_on(all), std::invalid_argument);
  EXPECT_THROW(rt.block_on(any), std::invalid_argument);
  EXPECT_THROW(rt.block_on(timed), std::invalid_argument);
  EXPECT_THROW(rt.block_on(magpie::wait(hs)), std::invalid_argument);
}

TEST_P(wait, W8_an_invalid_handle_is_a_usage_error_and_nothing_stays_registered) {
  for (std::size_t n : {std::size_t{3}, std::size_t{30}}) {
    std::vector<join_handle<int>> hs;
    for (std::size_t i = 0; i < n; ++i) hs.push_back(rt.spawn(after(never_opened, 1)));
    hs.emplace_back();
    auto all = [&]() -> task<> { co_await magpie::wait(hs); };
    auto any = [&]() -> task<> { static_cast<void>(co_await magpie::wait_any(hs)); };
    auto two = [&]() -> task<> { static_cast<void>(co_await magpie::wait_any(hs[0], hs.back())); };
    EXPECT_THROW(rt.block_on(all), magpie::usage_error);
    EXPECT_THROW(rt.block_on(any), magpie::usage_error);
    EXPECT_THROW(rt.block_on(two), magpie::usage_error);
    auto moved = std::move(hs);  // ends the process if somebody is registered
  }
}

TEST_P(wait, W8_two_waits_on_one_task_are_a_usage_error_and_the_first_goes_on) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 4; ++i) hs.push_back(rt.spawn(after(g, i)));
  auto first = rt.spawn([&]() -> task<> {
    auto r = co_await magpie::wait(std::span(hs).subspan(2, 1));
    EXPECT_EQ(r.done.size(), 1u);
  });
  auto other = rt.spawn([&]() -> task<> {
    for (;;) {  // until the first is there
      try {
        co_await magpie::wait_for(std::span(hs).subspan(2, 1), 0s);
      } catch (const magpie::usage_error&) {
        break;
      }
      co_await magpie::yield();
    }
    for (int form = 0; form < 4; ++form) {
      try {
        if (form == 0) co_await magpie::wait(hs);
        if (form == 1) static_cast<void>(co_await magpie::wait_any(hs));
        if (form == 2) co_await magpie::wait_for(hs, 1h, return_when::first_completed);
        if (form == 3) static_cast<void>(co_await magpie::wait_any(hs[0], hs[2]));
        ADD_FAILURE() << form;
      } catch (const magpie::usage_error&) {
      }
    }
  });
  other.get();
  auto moved = std::move(hs[0]);  // ends the process if somebody is registered
  g.open();
  first.get();
  hs[0] = std::move(moved);
  for (auto& h : hs) h.wait();  // they are at the gate
}

TEST_P(wait, W8_one_handle_named_twice_is_a_usage_error) {
  auto h = rt.spawn(after(never_opened, 1));
  auto twice = [&]() -> task<> { static_cast<void>(co_await magpie::wait_any(h, h)); };
  EXPECT_THROW(rt.block_on(twice), magpie::usage_error);
  auto moved = std::move(h);
}

TEST_P(wait, W9_a_cancelled_waiter_cancels_no_task_and_leaves_nothing_behind) {
  for (std::size_t n : {std::size_t{2}, std::size_t{50}}) {
    gate g;
    std::vector<join_handle<int>> hs;
    for (std::size_t i = 0; i < n; ++i) hs.push_back(rt.spawn(after(g, static_cast<int>(i))));
    for (int form = 0; form < 3; ++form) {
      std::atomic<bool> began{false};
      auto waiter = rt.spawn([&]() -> task<> {
        began = true;
        if (form == 0) co_await magpie::wait(hs);
        if (form == 1) co_await magpie::wait_for(hs, 1h);
        if (form == 2) static_cast<void>(co_await magpie::wait_any(hs));
        ADD_FAILURE();
      });
      EXPECT_TRUE(comes_true([&] { return began.load(); }));
      std::this_thread::sleep_for(1ms);
      EXPECT_TRUE(waiter.cancel());
      EXPECT_THROW(waiter.get(), magpie::task_cancelled);
    }
    std::vector<join_handle<int>> moved = std::move(hs);
    join_handle<int> first = std::move(moved[0]);  // nobody is registered
    EXPECT_FALSE(first.ready());
    g.open();
    EXPECT_EQ(first.get(), 0);
    for (std::size_t i = 1; i < n; ++i) EXPECT_EQ(moved[i].get(), static_cast<int>(i));
  }
}

TEST_P(wait, W9_a_wait_under_a_deadline_of_others_stops_too) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(never_opened, 1)));
  auto late = [&]() -> task<> { co_await magpie::with_timeout(2ms, magpie::wait(hs)); };
  EXPECT_THROW(rt.block_on(late), magpie::timed_out);
  EXPECT_FALSE(hs[0].ready());
  auto moved = std::move(hs[0]);
}

TEST_P(wait, W10_over_1000_tasks_each_appears_as_done_exactly_once) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  constexpr int n = 1000;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < n; ++i) {
    hs.push_back(rt.spawn([i, turns = random() % 50]() -> task<int> {
      for (auto t = turns; t > 0; --t) co_await magpie::yield();
      co_return i;
    }));
  }
  std::vector<int> seen(n, 0);
  rt.block_on([&]() -> task<> {
    std::span<join_handle<int>> left(hs);
    int waits = 0;
    while (!left.empty()) {
      const auto length = ++waits % 2 == 0 ? 1h : 0h;
      auto r = co_await magpie::wait_for(left, length, return_when::first_completed);
      if (r.done.empty()) co_await magpie::yield();
      for (auto& h : r.done) ++seen[static_cast<std::size_t>(h.get())];
      left = r.pending;
    }
  });
  for (int times : seen) EXPECT_EQ(times, 1);
}

TEST_P(wait, W11_the_partition_is_stable) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    gate closed;
    const std::size_t n = 1 + random() % 40;
    std::vector<join_handle<int>> hs;
    std::vector<int> ready;
    std::vector<int> waiting;
    for (std::size_t i = 0; i < n; ++i) {
      const int value = static_cast<int>(i);
      if (random() % 2 == 0) {
        hs.push_back(rt.spawn(number(value)));
        finish(hs.back());
        ready.push_back(value);
      } else {
        hs.push_back(rt.spawn(after(closed, value)));
        waiting.push_back(value);
      }
    }
    std::span<join_handle<int>> done;
    std::span<join_handle<int>> pending;
    rt.block_on([&]() -> task<> {
      auto r = co_await magpie::wait_for(hs, 0s);
      done = r.done;
      pending = r.pending;
    });
    std::vector<int> order;
    for (auto& h : done) order.push_back(h.get());
    EXPECT_EQ(order, ready);
    closed.open();
    order.clear();
    for (auto& h : pending) order.push_back(h.get());
    EXPECT_EQ(order, waiting);
  }
}

TEST_P(wait, W12_wait_any_gives_the_lowest_that_had_finished_and_reorders_nothing) {
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 5; ++i) hs.push_back(i < 2 ? rt.spawn(after(never_opened, i)) : rt.spawn(number(i)));
  for (int i = 2; i < 5; ++i) finish(hs[static_cast<std::size_t>(i)]);
  rt.block_on([&]() -> task<> {
    const std::size_t i = co_await magpie::wait_any(hs);
    EXPECT_EQ(i, 2u);
    EXPECT_EQ(hs[2].get(), 2);
    const std::size_t j = co_await magpie::wait_any(std::span(hs).subspan(3));
    EXPECT_EQ(j, 0u);
    EXPECT_EQ(hs[4].get(), 4);
  });
}

TEST_P(wait, W12_wait_any_gives_the_first_to_finish) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 12; ++i) hs.push_back(rt.spawn(i == 9 ? after(g, i) : after(never_opened, i)));
  auto waiter = rt.spawn([&]() -> task<std::size_t> { co_return co_await magpie::wait_any(hs); });
  g.open();
  EXPECT_EQ(waiter.get(), 9u);
  EXPECT_EQ(hs[9].get(), 9);
}

TEST_P(wait, W12_wait_any_over_handles_of_different_types) {
  gate g;
  auto a = rt.spawn(after(never_opened, 1));
  auto b = rt.spawn([&]() -> task<std::string> {
    co_await g.opened();
    co_return "b";
  });
  auto c = rt.spawn([&]() -> task<> { co_await never_opened.opened(); });
  auto waiter = rt.spawn([&]() -> task<std::size_t> { co_return co_await magpie::wait_any(a, b, c); });
  g.open();
  EXPECT_EQ(waiter.get(), 1u);
  EXPECT_EQ(b.get(), "b");
  rt.block_on([&]() -> task<> {
    never_opened.open();
    const std::size_t i = co_await magpie::wait_any(a);
    EXPECT_EQ(i, 0u);
  });
}

TEST_P(wait, takes_every_borrowed_contiguous_range) {
  rt.block_on([&]() -> task<> {
    std::array<join_handle<void>, 2> an_array;
    join_handle<int> plain[2];
    for (auto& h : an_array) h = rt.spawn([]() -> task<> { co_return; });
    for (auto& h : plain) h = rt.spawn(number(3));
    auto a = co_await magpie::wait(an_array);
    EXPECT_EQ(a.done.size(), 2u);
    auto b = co_await magpie::wait(plain);
    EXPECT_EQ(b.done.size(), 2u);
    auto c = co_await magpie::wait(std::ranges::subrange(an_array.begin(), an_array.end()));
    EXPECT_EQ(c.done.size(), 2u);
    auto d = co_await magpie::wait((co_await magpie::wait(plain)).done);
    EXPECT_EQ(d.done.size(), 2u);
  });
}

TEST_P(wait, combines_with_others) {
  std::vector<join_handle<int>> hs;
  std::vector<join_handle<int>> others;
  for (int i = 0; i < 10; ++i) {
    hs.push_back(rt.spawn(number(i)));
    others.push_back(rt.spawn(number(i)));
  }
  rt.block_on([&]() -> task<> {
    auto [a, b] = co_await magpie::gather(magpie::wait(hs), magpie::wait_any(others));
    EXPECT_EQ(a.done.size(), 10u);
    EXPECT_LT(b, 10u);
    auto o = co_await magpie::as_outcome(magpie::wait_for(others, 1h));
    EXPECT_EQ(o.value().done.size(), 10u);
    auto held = magpie::wait(hs);
    auto moved = std::move(held);
    auto r = co_await std::move(moved);
    EXPECT_EQ(r.done.size(), 10u);
  });
  auto direct = rt.block_on(magpie::wait(hs));
  EXPECT_EQ(direct.done.size(), 10u);
}

TEST_P(wait, on_handles_of_another_runtime) {
  runtime other{{.workers = 1}};
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 10; ++i) hs.push_back(other.spawn(after(g, i)));
  auto waiter = rt.spawn([&]() -> task<> {
    auto r = co_await magpie::wait(hs);
    EXPECT_EQ(r.done.size(), 10u);
    magpie::runtime& here = co_await magpie::get_runtime();
    EXPECT_EQ(&here, &rt);
  });
  g.open();
  waiter.get();
}

// On virtual time: each under many seeds, so under many schedules. ---------------------------------------------------

constexpr std::uint64_t seeds = 100;

task<int> slowly(magpie::clock::duration length, int n) {
  co_await magpie::sleep_for(length);
  co_return n;
}
task<int> fails_slowly(magpie::clock::duration length) {
  co_await magpie::sleep_for(length);
  throw std::range_error("slow");
}

class wait_in_virtual_time : public testing::TestWithParam<unsigned> {
 protected:
  /// Runs `body(runtime)`, a task, under each seed.
  template <class Body>
  void under_each_seed(Body body) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      magpie::testing::virtual_runtime rt{{.seed = seed, .workers = GetParam()}};
      rt.block_on(body(rt));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(workers, wait_in_virtual_time, testing::Values(1u, 3u),
                         [](const auto& p) { return std::to_string(p.param); });

using magpie::testing::virtual_runtime;

TEST_P(wait_in_virtual_time, W1_W2_W4_each_returns_when_it_should) {
  under_each_seed([](virtual_runtime& rt) -> task<> {
    std::vector<join_handle<int>> hs;
    for (int i = 1; i <= 5; ++i) hs.push_back(rt.spawn(slowly(i * 1ms, i)));
    hs.push_back(rt.spawn(fails_slowly(3500us)));
    auto first = co_await magpie::wait(hs, return_when::first_completed);
    EXPECT_EQ(rt.elapsed(), 1ms);
    EXPECT_EQ(first.done.size(), 1u);
    auto failed = co_await magpie::wait(first.pending, return_when::first_exception);
    EXPECT_EQ(rt.elapsed(), 3500us);
    EXPECT_EQ(failed.done.size(), 3u);
    EXPECT_EQ(failed.pending.size(), 2u);
    auto all = co_await magpie::wait(failed.pending);
    EXPECT_EQ(rt.elapsed(), 5ms);
    EXPECT_EQ(all.done.size(), 2u);
    EXPECT_TRUE(all.pending.empty());
    for (auto& h : hs) static_cast<void>(h.take());
  });
}

TEST_P(wait_in_virtual_time, W6_what_ends_at_the_instant_of_the_deadline_is_decided_at_return) {
  int done_in_time = 0;
  int late = 0;
  under_each_seed([&](virtual_runtime& rt) -> task<> {
    std::vector<join_handle<int>> hs;
    for (int i = 0; i < 3; ++i) hs.push_back(rt.spawn(slowly(5ms, i)));
    auto r = co_await magpie::wait_for(hs, 5ms);
    EXPECT_EQ(rt.elapsed(), 5ms);
    for (auto& h : r.done) EXPECT_TRUE(h.ready());
    for (auto& h : r.pending) EXPECT_FALSE(h.ready());
    ++(r.pending.empty() ? done_in_time : late);
    auto rest = co_await magpie::wait_for(hs, 1h);
    EXPECT_TRUE(rest.pending.empty());
    EXPECT_EQ(rt.elapsed(), 5ms);
  });
  EXPECT_GT(done_in_time, 0);
  EXPECT_GT(late, 0);
}

TEST_P(wait_in_virtual_time, W9_timed_out_waits_leave_the_task_alone) {
  magpie::testing::virtual_runtime rt{{.seed = 1, .workers = GetParam()}};
  constexpr int n = 20'000;
  rt.block_on([&]() -> task<> {
    std::vector<join_handle<int>> hs;
    hs.push_back(rt.spawn(slowly(1h, 7)));
    for (int i = 0; i < n; ++i) {
      auto r = co_await magpie::wait_for(hs, 1us);
      EXPECT_TRUE(r.done.empty());
    }
    EXPECT_EQ(rt.elapsed(), n * 1us);
    auto moved = std::move(hs[0]);
    const int got = co_await moved;
    EXPECT_EQ(got, 7);
    EXPECT_EQ(rt.elapsed(), 1h);
  });
}

TEST_P(wait_in_virtual_time, W9_a_stop_at_the_instant_of_the_end) {
  int stopped = 0;
  int finished = 0;
  under_each_seed([&](virtual_runtime& rt) -> task<> {
    std::vector<join_handle<int>> hs;
    hs.push_back(rt.spawn(slowly(1ms, 1)));
    auto waiter = rt.spawn(magpie::co_invoke(
        [](std::vector<join_handle<int>>& them) -> task<> { co_await magpie::wait_for(them, 2ms); }, std::ref(hs)));
    co_await magpie::sleep_for(1ms);
    waiter.cancel();
    auto o = co_await magpie::as_outcome(waiter);
    ++(o.is_cancelled() ? stopped : finished);
    auto moved = std::move(hs[0]);
    const int got = co_await moved;
    EXPECT_EQ(got, 1);
    EXPECT_EQ(rt.elapsed(), 1ms);
  });
  EXPECT_GT(stopped, 0);
  EXPECT_GT(finished, 0);
}

TEST_P(wait_in_virtual_time, W10_over_1000_tasks_each_appears_as_done_exactly_once) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    magpie::testing::virtual_runtime rt{{.seed = seed, .workers = GetParam()}};
    std::mt19937_64 random(seed);
    std::vector<int> seen(1000, 0);
    rt.block_on([&]() -> task<> {
      std::vector<join_handle<int>> hs;
      for (int i = 0; i < 1000; ++i) hs.push_back(rt.spawn(slowly(std::chrono::milliseconds(random() % 100), i)));
      std::span<join_handle<int>> left(hs);
      while (!left.empty()) {
        auto r = co_await magpie::wait(left, return_when::first_completed);
        EXPECT_FALSE(r.done.empty());
        for (auto& h : r.done) ++seen[static_cast<std::size_t>(h.get())];
        left = r.pending;
      }
      EXPECT_LT(rt.elapsed(), 100ms);
    });
    for (int times : seen) EXPECT_EQ(times, 1);
  }
}

TEST_P(wait_in_virtual_time, W12_the_first_to_finish_in_time) {
  under_each_seed([](virtual_runtime& rt) -> task<> {
    auto a = rt.spawn(slowly(3ms, 1));
    auto b = rt.spawn(slowly(2ms, 2));
    auto c = rt.spawn(slowly(1ms, 3));
    const std::size_t i = co_await magpie::wait_any(a, b, c);
    EXPECT_EQ(i, 2u);
    const std::size_t j = co_await magpie::wait_any(a, b);
    EXPECT_EQ(j, 1u);
    EXPECT_EQ(rt.elapsed(), 2ms);
  });
}

TEST_P(wait_in_virtual_time, a_wait_that_cannot_end_is_a_deadlock) {
  std::vector<join_handle<int>> hs;  // outlives the wait, which the runtime's end stops
  magpie::testing::virtual_runtime rt{{.seed = 1, .workers = GetParam()}};
  hs.push_back(rt.spawn(sleeps()));
  try {
    static_cast<void>(rt.block_on(magpie::wait(hs)));
    ADD_FAILURE();
  } catch (const magpie::testing::deadlock& e) {
    EXPECT_NE(std::string(e.what()).find("join_handles"), std::string::npos) << e.what();
  }
}

}  // namespace
