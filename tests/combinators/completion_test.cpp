#include <magpie/cancellation.hpp>
#include <magpie/completion.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>

#include "support/patience.hpp"
#include "support/sanitizers.hpp"
#include "support/stress_scale.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using magpie::completion;
using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::fewer_if_sanitized;
using magpie_test::witness;
using namespace std::chrono_literals;

std::exception_ptr an_error() { return std::make_exception_ptr(std::range_error("x")); }

TEST(completion, set_from_a_plain_thread) {
  runtime rt{{.workers = 2}};
  magpie_test::race_rounds rounds(fewer_if_sanitized(2000, 200));
  for (int i = 0; rounds.more(); ++i) {
    completion<int> c;
    std::thread sets([&] { EXPECT_TRUE(c.set_value(i)); });
    rt.block_on([&]() -> task<> {
      const int& got = co_await c.wait();
      EXPECT_EQ(got, i);
      const int& again = co_await c.wait();
      EXPECT_EQ(&again, &got);
    });
    EXPECT_TRUE(c.ready());
    sets.join();
  }
}

TEST(completion, the_first_who_sets_it_wins) {
  completion<int> c;
  EXPECT_FALSE(c.ready());
  EXPECT_TRUE(c.set_value(1));
  EXPECT_FALSE(c.set_value(2));
  EXPECT_FALSE(c.set_error(an_error()));
  EXPECT_FALSE(c.set_cancelled());
  runtime rt{{.workers = 1}};
  EXPECT_EQ(rt.block_on(c.wait()), 1);
}

TEST(completion, exactly_one_of_many_threads_wins) {
  runtime rt{{.workers = 2}};
  for (magpie_test::race_rounds rounds(fewer_if_sanitized(500, 100)); rounds.more();) {
    completion<int> c;
    std::atomic<int> winner{-1};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        const bool won = t == 3 ? c.set_cancelled() : c.set_value(t);
        if (won) {
          EXPECT_EQ(winner.exchange(t), -1);
        }
      });
    }
    auto o = rt.block_on(magpie::as_outcome(c.wait()));
    for (auto& t : threads) t.join();
    if (winner == 3) {
      EXPECT_TRUE(o.is_cancelled());
    } else {
      EXPECT_EQ(o.value(), winner);
    }
  }
}

TEST(completion, every_kind_of_result) {
  struct rigid {
    rigid(int a, std::string b) : first(a), second(std::move(b)) {}
    int first;
    std::string second;
  };
  runtime rt{{.workers = 1}};
  int target = 0;
  completion<> nothing;
  completion<int&> reference;
  completion<std::unique_ptr<int>> pointer;
  completion<rigid> made;
  completion<std::string> text;
  EXPECT_TRUE(nothing.set_value());
  EXPECT_TRUE(reference.set_value(target));
  EXPECT_TRUE(pointer.set_value(std::make_unique<int>(3)));
  EXPECT_TRUE(made.set_value(4, "four"));
  EXPECT_TRUE(text.set_value());
  rt.block_on([&]() -> task<> {
    co_await nothing.wait();
    int& r = co_await reference.wait();
    EXPECT_EQ(&r, &target);
    const std::unique_ptr<int>& p = co_await pointer.wait();
    EXPECT_EQ(*p, 3);
    const rigid& m = co_await made.wait();
    EXPECT_EQ(m.second, "four");
    const std::string& s = co_await text.wait();
    EXPECT_EQ(s, "");
    auto [a, b] = co_await magpie::gather(made.wait(), reference.wait());
    EXPECT_EQ(&a, &m);
    EXPECT_EQ(&b, &target);
  });
  static_assert(!std::is_copy_constructible_v<completion<int>>);
}

TEST(completion, errors_and_cancellation) {
  runtime rt{{.workers = 2}};
  completion<int> failed;
  completion<int> cancelled;
  std::vector<join_handle<const int&>> waiters;
  for (int i = 0; i < 10; ++i) waiters.push_back(rt.spawn(failed.wait()));
  EXPECT_TRUE(failed.set_error(an_error()));
  for (auto& w : waiters) EXPECT_THROW(static_cast<void>(w.get()), std::range_error);
  EXPECT_TRUE(cancelled.set_cancelled());
  EXPECT_THROW(static_cast<void>(rt.block_on(cancelled.wait())), magpie::task_cancelled);
  completion<int> unset;
  EXPECT_THROW(unset.set_error(nullptr), magpie::usage_error);
  EXPECT_FALSE(unset.ready());
}

TEST(completion, a_constructor_that_throws_sets_nothing) {
  struct picky {
    explicit picky(int n) : value(n) {
      if (n < 0) throw std::range_error("negative");
    }
    int value;
  };
  completion<picky> c;
  EXPECT_THROW(c.set_value(-1), std::range_error);
  EXPECT_FALSE(c.ready());
  EXPECT_TRUE(c.set_value(2));
}

TEST(completion, destroyed_unset_it_cancels_those_who_wait) {
  runtime rt{{.workers = 1}};
  auto c = std::make_unique<completion<int>>();
  auto waiter = rt.spawn(c->wait());
  c.reset();
  EXPECT_THROW(static_cast<void>(waiter.get()), magpie::task_cancelled);
}

TEST(completion, a_stopped_waiter_leaves_the_others_alone) {
  runtime rt{{.workers = 2}};
  completion<int> c;
  auto stays = rt.spawn([&]() -> task<int> { co_return co_await c.wait(); });
  auto late = [&]() -> task<> { co_await magpie::with_timeout(1ms, c.wait()); };
  EXPECT_THROW(rt.block_on(late), magpie::timed_out);
  EXPECT_TRUE(c.set_value(3));
  EXPECT_EQ(stays.get(), 3);
}

TEST(completion, C0_what_is_set_is_delivered_to_one_who_must_stop) {
  runtime rt{{.workers = 1}};
  completion<int> c;
  EXPECT_TRUE(c.set_value(3));
  std::atomic<bool> runs{false};
  auto h = rt.spawn([&]() -> task<int> {
    auto token = co_await magpie::get_stop_token();
    runs = true;
    while (!token.stop_requested()) {
    }
    const int& got = co_await c.wait();
    co_return got;
  });
  EXPECT_TRUE(comes_true([&] { return runs.load(); }));
  h.cancel();
  EXPECT_EQ(h.get(), 3);
}

TEST(completion, a_waiter_may_destroy_it_while_the_setter_is_inside) {
  runtime rt{{.workers = 2}};
  magpie_test::race_rounds rounds(fewer_if_sanitized(1000, 200));
  for (int round = 0; rounds.more(); ++round) {
    std::atomic<completion<witness>*> place{nullptr};
    std::thread sets([&] {
      while (place.load() == nullptr) std::this_thread::yield();
      place.load()->set_value(round);
    });
    rt.block_on([&]() -> task<> {
      completion<witness> c;
      place = &c;
      const witness& w = co_await c.wait();
      EXPECT_EQ(w.value(), round);
    });
    sets.join();
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(completion, R8_100000_waiters_are_all_woken_once) {
  const int n = fewer_if_sanitized(100'000, 5'000);
  runtime rt{{.workers = 2}};
  completion<int> c;
  std::atomic<int> waiting{0};
  std::atomic<int> woken{0};
  std::vector<join_handle<void>> waiters;
  for (int i = 0; i < n; ++i) {
    waiters.push_back(rt.spawn([&]() -> task<> {
      waiting.fetch_add(1);
      const int& got = co_await c.wait();
      EXPECT_EQ(got, 7);
      woken.fetch_add(1);
    }));
  }
  EXPECT_TRUE(comes_true([&] { return waiting == n; }));
  EXPECT_TRUE(c.set_value(7));
  for (auto& w : waiters) w.get();
  EXPECT_EQ(woken, n);
}

TEST(completion, on_virtual_time_all_are_told_at_once) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    magpie::testing::virtual_runtime rt{{.seed = seed, .workers = 3}};
    rt.block_on([&]() -> task<> {
      completion<int> c;
      std::vector<join_handle<const int&>> waiters;
      for (int i = 0; i < 10; ++i) waiters.push_back(rt.spawn(c.wait()));
      auto late = rt.spawn(magpie::with_timeout(1ms, c.wait()));
      co_await magpie::sleep_for(2ms);
      auto o = co_await magpie::as_outcome(late);
      EXPECT_TRUE(o.has_error());
      EXPECT_TRUE(c.set_value(5));
      for (auto& w : waiters) {
        const int& got = co_await w;
        EXPECT_EQ(got, 5);
      }
      EXPECT_EQ(rt.elapsed(), 2ms);
    });
  }
}

}  // namespace
