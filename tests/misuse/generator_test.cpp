#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

/// A generator has one consumer at a time, who asks for one value at a time.
namespace {

using namespace std::chrono_literals;
using magpie::generator;
using magpie::task;
using magpie::usage_error;
using magpie::testing::virtual_runtime;

generator<int> numbers(int n) {
  for (int i = 1; i <= n; ++i) {
    co_await magpie::sleep_for(1ms);
    co_yield i;
  }
}

TEST(misuse, the_next_of_a_generator_is_awaited_once) {
  virtual_runtime rt;
  rt.block_on([]() -> task<> {
    for (const int n : {1, 2}) {  // the first is at its end then
      generator<int> g = numbers(n);
      auto next = g.next();
      const int* value = co_await std::move(next);
      EXPECT_EQ(*value, 1);
      while (n == 1 && co_await g.next() != nullptr) continue;
      bool refused = false;
      try {
        static_cast<void>(co_await std::move(next));
      } catch (const usage_error&) {
        refused = true;
      }
      EXPECT_TRUE(refused) << n;
    }
  });
}

TEST(misuse, a_second_consumer_of_a_generator_is_refused_and_the_first_is_not_disturbed) {
  virtual_runtime rt;
  rt.block_on([]() -> task<> {
    generator<int> g = numbers(3);
    const auto ask = [&g]() -> task<int> {
      int* const value = co_await g.next();
      co_return value != nullptr ? *value : 0;
    };
    auto [first, second] = co_await magpie::gather_outcomes(ask(), ask());
    EXPECT_EQ(first.value(), 1);
    EXPECT_THROW(second.value(), usage_error);
    EXPECT_EQ(co_await ask(), 2);
  });
}

TEST(misuse, a_generator_that_asks_itself_is_refused) {
  virtual_runtime rt;
  rt.block_on([]() -> task<> {
    generator<int> g;
    const auto asks_itself = [&g]() -> generator<int> {
      static_cast<void>(co_await g.next());
      co_yield 1;
    };
    g = asks_itself();
    bool refused = false;
    try {
      static_cast<void>(co_await g.next());
    } catch (const usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(misuse_death, a_generator_is_not_moved_or_destroyed_while_somebody_asks) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ask_and = [](auto meanwhile) {
    virtual_runtime rt;
    rt.block_on([&]() -> task<> {
      auto g = std::make_unique<generator<int>>(numbers(3));
      const auto ask = [&]() -> task<> { static_cast<void>(co_await g->next()); };
      const auto interfere = [&]() -> task<> {
        meanwhile(g);
        co_return;
      };
      co_await magpie::gather(ask(), interfere());
    });
  };
  EXPECT_DEATH(ask_and([](auto& g) { g.reset(); }), "magpie: a generator is being moved or destroyed while");
  EXPECT_DEATH(ask_and([](auto& g) { const generator<int> other = std::move(*g); }),
               "magpie: a generator is being moved or destroyed while");
}

}  // namespace
