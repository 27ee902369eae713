#include <magpie/as_completed.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/sanitizers.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::fewer_if_sanitized;
using magpie_test::gate;
using namespace std::chrono_literals;

task<int> number(int n) { co_return n; }
task<int> after(gate& g, int n) {
  co_await g.opened();
  co_return n;
}
task<int> fails() {
  throw std::range_error("x");
  co_return 0;
}

class as_completed : public testing::TestWithParam<unsigned> {
 protected:
  runtime rt{{.workers = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(workers, as_completed, testing::Values(1u, 2u, 4u),
                         [](const auto& p) { return std::to_string(p.param); });

TEST_P(as_completed, gives_each_once_in_order_of_completion) {
  constexpr std::size_t n = 20;
  std::vector<std::unique_ptr<gate>> gates;
  std::vector<join_handle<int>> hs;
  for (std::size_t i = 0; i < n; ++i) {
    gates.push_back(std::make_unique<gate>());
    hs.push_back(rt.spawn(after(*gates[i], static_cast<int>(i))));
  }
  std::atomic<std::size_t> seen{0};
  auto taker = rt.spawn([&]() -> task<std::vector<int>> {
    std::vector<int> order;
    auto stream = magpie::as_completed(hs);
    EXPECT_EQ(stream.remaining(), n);
    while (join_handle<int>* h = co_await stream.next()) {
      order.push_back(h->get());
      EXPECT_EQ(stream.remaining(), n - order.size());
      seen = order.size();
    }
    join_handle<int>* none = co_await stream.next();
    EXPECT_EQ(none, nullptr);
    co_return order;
  });
  std::vector<int> expected;
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t i = k * 7 % n;
    expected.push_back(static_cast<int>(i));
    gates[i]->open();
    ASSERT_TRUE(comes_true([&] { return seen == k + 1; }));
  }
  EXPECT_EQ(taker.get(), expected);
}

TEST_P(as_completed, those_that_have_ended_already_come_first_in_their_order) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 10; ++i) {
    hs.push_back(i % 3 == 0 ? rt.spawn(after(g, i)) : rt.spawn(number(i)));
    if (i % 3 != 0) hs.back().wait();
  }
  rt.block_on([&]() -> task<> {
    auto stream = magpie::as_completed(hs);
    for (int i : {1, 2, 4, 5, 7, 8}) {
      join_handle<int>* h = co_await stream.next();
      EXPECT_EQ(h->get(), i);
    }
    EXPECT_EQ(stream.remaining(), 4u);
    g.open();
    int sum = 0;
    while (join_handle<int>* h = co_await stream.next()) sum += co_await *h;
    EXPECT_EQ(sum, 0 + 3 + 6 + 9);
  });
}

TEST_P(as_completed, W7_errors_and_cancellations_are_the_callers_to_take) {
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(fails()));
  auto sleeps = []() -> task<int> {
    co_await magpie::sleep_until(magpie::never);
    co_return 0;
  };
  hs.push_back(rt.spawn(sleeps()));
  rt.block_on([&]() -> task<> {
    auto stream = magpie::as_completed(hs);
    join_handle<int>* h = co_await stream.next();
    EXPECT_TRUE(h->take().has_error());
    hs[1].cancel();
    h = co_await stream.next();
    EXPECT_TRUE(h->take().is_cancelled());
  });
}

TEST_P(as_completed, next_until_gives_nothing_at_the_deadline_and_loses_nothing) {
  gate g;
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(g, 1)));
  rt.block_on([&]() -> task<> {
    auto stream = magpie::as_completed(hs);
    const auto begin = magpie::clock::now();
    join_handle<int>* h = co_await stream.next_until(begin + 3ms);
    EXPECT_EQ(h, nullptr);
    EXPECT_GE(magpie::clock::now(), begin + 3ms);
    h = co_await stream.next_until(magpie::clock::time_point());
    EXPECT_EQ(h, nullptr);
    EXPECT_EQ(stream.remaining(), 1u);
    g.open();
    h = co_await stream.next_until(magpie::never);
    EXPECT_EQ(h, &hs[0]);
    EXPECT_EQ(h->get(), 1);
  });
}

TEST_P(as_completed, W13_a_loop_over_many_tasks_costs_linear_time) {
  const int n = fewer_if_sanitized(100'000, 5'000);
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < n; ++i) hs.push_back(rt.spawn(number(1)));
  rt.block_on([&]() -> task<> {
    auto stream = magpie::as_completed(hs);
    long sum = 0;
    while (join_handle<int>* h = co_await stream.next()) sum += h->get();
    EXPECT_EQ(sum, n);
  });
}

TEST_P(as_completed, W13_breaking_off_early_leaves_the_rest_running_and_unregistered) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 20; ++i) hs.push_back(i == 5 ? rt.spawn(number(5)) : rt.spawn(after(g, i)));
  rt.block_on([&]() -> task<> {
    auto stream = magpie::as_completed(hs);
    join_handle<int>* h = co_await stream.next();
    EXPECT_EQ(h->get(), 5);
    auto moved = std::move(stream);
    EXPECT_EQ(stream.remaining(), 0u);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(moved.remaining(), 19u);
    h = co_await stream.next();
    EXPECT_EQ(h, nullptr);
  });
  std::vector<join_handle<int>> moved = std::move(hs);
  join_handle<int> first = std::move(moved[0]);  // ends the process if somebody is registered
  EXPECT_FALSE(first.ready());
  g.open();
  EXPECT_EQ(first.get(), 0);
  for (int i = 1; i < 20; ++i) {
    if (i != 5) {
      EXPECT_EQ(moved[static_cast<std::size_t>(i)].get(), i);
    }
  }
}

TEST_P(as_completed, W13_breaking_off_while_tasks_end) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < fewer_if_sanitized(500, 100); ++round) {
    rt.block_on([&]() -> task<> {
      std::vector<join_handle<int>> hs;
      for (int i = 0; i < 30; ++i) {
        hs.push_back(rt.spawn([turns = random() % 4]() -> task<int> {
          for (auto t = turns; t > 0; --t) co_await magpie::yield();
          co_return 1;
        }));
      }
      {
        auto stream = magpie::as_completed(hs);
        for (auto n = random() % 30; n > 0; --n) {
          join_handle<int>* h = co_await stream.next();
          EXPECT_EQ(h->get(), 1);
        }
        for (auto& h : hs) {  // past the stream, while it lives
          if (h.ready() && random() % 2 == 0) {
            EXPECT_EQ(h.get(), 1);
          }
        }
      }
      for (auto& h : hs) {
        if (!h.valid()) continue;
        const int got = co_await h;
        EXPECT_EQ(got, 1);
      }
    });
  }
}

TEST_P(as_completed, of_none_is_at_its_end) {
  std::vector<join_handle<int>> hs;
  rt.block_on([&]() -> task<> {
    auto stream = magpie::as_completed(hs);
    EXPECT_EQ(stream.remaining(), 0u);
    join_handle<int>* h = co_await stream.next();
    EXPECT_EQ(h, nullptr);
  });
}

TEST_P(as_completed, W8_bad_handles_are_usage_errors_and_nothing_stays_registered) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 5; ++i) hs.push_back(rt.spawn(after(g, i)));
  hs.emplace_back();
  EXPECT_THROW(static_cast<void>(magpie::as_completed(hs)), magpie::usage_error);
  hs.pop_back();
  {
    auto stream = magpie::as_completed(std::span(hs).subspan(3));
    EXPECT_THROW(static_cast<void>(magpie::as_completed(hs)), magpie::usage_error);
    auto moved = std::move(hs[0]);
    hs[0] = std::move(moved);
    auto awaits = [&]() -> task<> { static_cast<void>(co_await hs[3]); };
    EXPECT_THROW(rt.block_on(awaits), magpie::usage_error);
  }
  auto moved = std::move(hs);
  g.open();
  for (auto& h : moved) h.wait();
}

TEST_P(as_completed, one_task_takes_from_it) {
  gate g;
  std::vector<join_handle<int>> hs;
  hs.push_back(rt.spawn(after(g, 1)));
  auto stream = magpie::as_completed(hs);
  std::atomic<int> refused{0};
  const auto takes = [&]() -> task<int> {
    try {
      join_handle<int>* h = co_await stream.next();
      co_return h->get();
    } catch (const magpie::usage_error&) {
      ++refused;
      co_return 0;
    }
  };
  auto a = rt.spawn(takes);
  auto b = rt.spawn(takes);
  EXPECT_TRUE(comes_true([&] { return refused == 1; }));
  g.open();
  EXPECT_EQ(a.get() + b.get(), 1);
}

TEST_P(as_completed, W9_a_stopped_taker_loses_nothing) {
  gate g;
  std::vector<join_handle<int>> hs;
  for (int i = 0; i < 3; ++i) hs.push_back(rt.spawn(after(g, 1)));
  auto stream = magpie::as_completed(hs);
  auto late = [&]() -> task<> { co_await magpie::with_timeout(1ms, stream.next()); };
  EXPECT_THROW(rt.block_on(late), magpie::timed_out);
  EXPECT_EQ(stream.remaining(), 3u);
  g.open();
  rt.block_on([&]() -> task<> {
    int sum = 0;
    while (join_handle<int>* h = co_await stream.next()) sum += h->get();
    EXPECT_EQ(sum, 3);
  });
}

task<int> slowly(magpie::clock::duration length, int n) {
  co_await magpie::sleep_for(length);
  co_return n;
}

TEST(as_completed_in_virtual_time, gives_them_as_they_end) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    magpie::testing::virtual_runtime rt{{.seed = seed, .workers = 1 + static_cast<unsigned>(seed % 4)}};
    rt.block_on([&]() -> task<> {
      std::vector<join_handle<int>> hs;
      for (int i = 0; i < 20; ++i) hs.push_back(rt.spawn(slowly((i * 7 % 20 + 1) * 1ms, i * 7 % 20)));
      auto stream = magpie::as_completed(hs);
      int expected = 0;
      while (join_handle<int>* h = co_await stream.next()) {
        EXPECT_EQ(h->get(), expected);
        ++expected;
        EXPECT_EQ(rt.elapsed(), expected * 1ms);
      }
      EXPECT_EQ(expected, 20);
    });
  }
}

TEST(as_completed_in_virtual_time, next_until_at_the_instant_of_an_end) {
  int given = 0;
  int late = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    magpie::testing::virtual_runtime rt{{.seed = seed, .workers = 2}};
    rt.block_on([&]() -> task<> {
      std::vector<join_handle<int>> hs;
      const auto begin = magpie::clock::now();
      hs.push_back(rt.spawn(magpie::co_invoke(
          [](magpie::clock::time_point until) -> task<int> {
            co_await magpie::sleep_until(until);
            co_return 3;
          },
          begin + 1ms)));
      auto stream = magpie::as_completed(hs);
      join_handle<int>* h = co_await stream.next_until(begin + 1ms);
      ++(h != nullptr ? given : late);
      if (h == nullptr) h = co_await stream.next();
      EXPECT_EQ(h->get(), 3);
      EXPECT_EQ(stream.remaining(), 0u);
    });
  }
  EXPECT_GT(given, 0);
  EXPECT_GT(late, 0);
}

}  // namespace
