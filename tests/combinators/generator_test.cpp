#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/generator.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/timeout.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using magpie::generator;
using magpie::runtime;
using magpie::task;
using magpie_test::for_each_seed;
using magpie_test::tick;
using magpie_test::witness;

generator<int> count_to(int n) {
  const witness w;
  for (int i = 0; i < n; ++i) co_yield i;
}
generator<std::unique_ptr<int>> slowly(int n) {
  for (int i = 0; i < n; ++i) {
    co_await magpie::sleep_for(tick);
    co_yield std::make_unique<int>(i);
  }
}
generator<int> fails_after(int n) {
  for (int i = 0; i < n; ++i) co_yield i;
  co_await magpie::yield();
  throw std::range_error("enough");
}

template <class T>
task<std::vector<T>> all_of(generator<T> g) {
  std::vector<T> values;
  while (T* v = co_await g.next()) values.push_back(std::move(*v));
  T* const again = co_await g.next();
  EXPECT_EQ(again, nullptr);
  co_return values;
}

TEST(generator, yields_in_order_and_ends) {
  for_each_seed([](runtime& rt) {
    EXPECT_EQ(rt.block_on(all_of(count_to(4))), (std::vector{0, 1, 2, 3}));
    EXPECT_EQ(rt.block_on(all_of(count_to(0))), std::vector<int>());
    const auto slow = rt.block_on(all_of(slowly(3)));
    ASSERT_EQ(slow.size(), 3u);
    EXPECT_EQ(*slow[2], 2);
    EXPECT_EQ(rt.block_on(all_of(generator<int>())), std::vector<int>());
  });
  EXPECT_EQ(witness::alive(), 0);
}

TEST(generator, nothing_runs_before_it_is_asked_and_what_is_left_is_destroyed) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      {
        auto never_asked = count_to(3);
        EXPECT_EQ(witness::alive(), 0);
      }
      auto g = count_to(3);
      int* const first = co_await g.next();
      EXPECT_EQ(*first, 0);
      EXPECT_EQ(witness::alive(), 1);
      generator<int> moved = std::move(g);
      int* const second = co_await moved.next();
      EXPECT_EQ(*second, 1);
      moved = generator<int>();
      EXPECT_EQ(witness::alive(), 0);
    });
  });
}

TEST(generator, errors_come_once) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      auto g = fails_after(1);
      int* const first = co_await g.next();
      EXPECT_NE(first, nullptr);
      bool thrown = false;
      try {
        co_await g.next();
      } catch (const std::range_error& e) {
        thrown = std::string("enough") == e.what();
      }
      EXPECT_TRUE(thrown);
      int* const after = co_await g.next();
      EXPECT_EQ(after, nullptr);
    });
  });
}

TEST(generator, a_deadline_reaches_into_it_and_destroys_it) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      bool timed_out = false;
      try {
        co_await magpie::with_timeout(10 * tick, [](const witness w) -> task<> {
          auto g = [](const witness inner) -> generator<int> {
            co_yield inner.value();
            co_await magpie::sleep_until(magpie::never);
          }(w);
          while (co_await g.next() != nullptr) {
          }
        }(witness()));
      } catch (const magpie::timed_out&) {
        timed_out = true;
      }
      EXPECT_TRUE(timed_out);
    });
    EXPECT_EQ(witness::alive(), 0);
  });
}

TEST(generator, one_that_ends_itself_is_task_cancelled_to_who_asks) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      auto g = []() -> generator<int> {
        co_yield 1;
        co_await magpie::stopped();
      }();
      co_await g.next();
      bool cancelled = false;
      try {
        co_await g.next();
      } catch (const magpie::task_cancelled&) {
        cancelled = true;
      }
      EXPECT_TRUE(cancelled);
      int* const after = co_await g.next();
      EXPECT_EQ(after, nullptr);
    });
  });
}

TEST(generator, a_long_one_takes_no_stack) {
  runtime rt{{.workers = 1}};
  const long sum = rt.block_on([]() -> task<long> {
    auto g = count_to(1'000'000);
    long total = 0;
    while (int* v = co_await g.next()) total += *v;
    co_return total;
  });
  EXPECT_EQ(sum, 499'999'500'000);
}

TEST(generator, gathers_inside) {
  for_each_seed([](runtime& rt) {
    const auto pairs = [](int n) -> generator<int> {
      for (int i = 0; i < n; ++i) {
        auto [a, b] = co_await magpie::gather(magpie_test::value_after(tick, i), magpie_test::value_after(2 * tick, 1));
        co_yield a + b;
      }
    };
    EXPECT_EQ(rt.block_on(all_of(pairs(3))), (std::vector{1, 2, 3}));
  });
}

}  // namespace
