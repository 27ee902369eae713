#include <magpie/as_completed.hpp>
#include <magpie/cancellation.hpp>
#include <magpie/completion.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/wait.hpp>

#include "support/patience.hpp"
#include "support/sanitizers.hpp"
#include "support/seed.hpp"
#include "support/stress_scale.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::return_when;
using magpie::runtime;
using magpie::task;
using magpie_test::fewer_if_sanitized;
using magpie_test::race_rounds;
using magpie_test::seen_often;
using namespace std::chrono_literals;

void spin(std::uint64_t steps) {
  for (; steps > 0; --steps) asm volatile("");
}
task<int> number_after(std::uint64_t steps) {
  spin(steps);
  co_return 1;
}
task<> stop_after(join_handle<int>& h, std::uint64_t steps) {
  spin(steps);
  h.cancel();
  co_return;
}

/// The forms of a wait, each of which gives 1 when `h` has ended.
constexpr int forms = 7;
task<int> waits(int form, join_handle<int>& h, magpie::shared_handle<int> shared, magpie::completion<int>& c) {
  const std::span<join_handle<int>> one(&h, 1);
  switch (form) {
    case 0: {
      auto r = co_await magpie::wait(one);
      co_return static_cast<int>(r.done.size());
    }
    case 1: {
      auto r = co_await magpie::wait_for(one, 1h, return_when::first_exception);
      co_return static_cast<int>(r.done.size());
    }
    case 2:
      co_return 1 + static_cast<int>(co_await magpie::wait_any(one));
    case 3:
      co_return 1 + static_cast<int>(co_await magpie::wait_any(h));
    case 4: {
      auto stream = magpie::as_completed(one);
      join_handle<int>* got = co_await stream.next();
      co_return got == &h ? 1 : 0;
    }
    case 5:
      co_return co_await shared;
    default:
      co_return co_await c.wait();
  }
}

TEST(wait_race, R3_a_stop_against_the_registration_of_a_wait_and_its_end) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  const int asked = fewer_if_sanitized(60'000, 6'000);
  int completed = 0;
  int stopped = 0;
  for (unsigned workers : {2u, 3u}) {
    runtime rt{{.workers = workers}};
    race_rounds rounds(asked / 2);
    const int completed_before = completed;
    const int stopped_before = stopped;
    rt.block_on([&]() -> task<> {
      while (rounds.more({completed - completed_before, stopped - stopped_before})) {
        const int form = static_cast<int>(random() % forms);
        magpie::completion<int> c;
        const std::uint64_t delay = random() % 2000;
        auto ends = rt.spawn([&c, delay]() -> task<int> {
          spin(delay);
          c.set_value(1);
          co_return 1;
        });
        auto shared = rt.spawn(number_after(random() % 2000)).share();
        auto waiter = rt.spawn(waits(form, ends, shared, c));
        auto stops = rt.spawn(stop_after(waiter, random() % 2000));
        co_await stops;
        auto o = co_await magpie::as_outcome(waiter);
        if (o.is_cancelled()) {
          ++stopped;
        } else {
          EXPECT_EQ(o.value(), 1);
          ++completed;
        }
        auto moved = std::move(ends);  // ends the process if somebody is registered
        const int got = co_await moved;
        EXPECT_EQ(got, 1);
      }
    });
  }
  RecordProperty("stopped", std::to_string(stopped));
  EXPECT_GT(completed, seen_often(asked));
  EXPECT_GT(stopped, seen_often(asked));
}

TEST(wait_race, R2_a_deadline_against_the_end_of_a_wait) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  race_rounds rounds(fewer_if_sanitized(30'000, 3'000));
  int in_time = 0;
  int late = 0;
  runtime rt{{.workers = 2}};
  rt.block_on([&]() -> task<> {
    for (int i = 0; rounds.more({in_time, late}); ++i) {
      std::array<join_handle<int>, 2> hs;
      for (auto& h : hs) h = rt.spawn(number_after(random() % 20'000));
      const auto length = std::chrono::nanoseconds(random() % 30'000);
      if (i % 2 == 0) {
        auto r = co_await magpie::wait_for(hs, length, return_when::first_completed);
        ++(r.done.empty() ? late : in_time);
      } else {
        auto stream = magpie::as_completed(hs);
        join_handle<int>* h = co_await stream.next_until(magpie::clock::now() + length);
        ++(h == nullptr ? late : in_time);
      }
      for (auto& h : hs) {
        auto moved = std::move(h);
        const int got = co_await moved;
        EXPECT_EQ(got, 1);
      }
    }
  });
  RecordProperty("late", std::to_string(late));
  EXPECT_GT(in_time, rounds.enough());
  EXPECT_GT(late, rounds.enough());
}

TEST(wait_race, R4_two_winners_in_wait_any) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  race_rounds rounds(fewer_if_sanitized(60'000, 6'000));
  std::array<int, 3> won{};
  runtime rt{{.workers = 3}};
  rt.block_on([&]() -> task<> {
    for (int i = 0; rounds.more({won[0], won[1], won[2]}); ++i) {
      std::array<join_handle<int>, 3> hs;
      const std::uint64_t steps = random() % 3000;
      const auto first = static_cast<std::size_t>(i) % 3;  // what is spawned last runs first
      for (std::size_t k = 0; k < 3; ++k) hs[(first + k) % 3] = rt.spawn(number_after(steps + random() % 100));
      std::size_t winner = 0;
      if (random() % 2 == 0) {
        winner = co_await magpie::wait_any(hs);
      } else {
        winner = co_await magpie::wait_any(hs[0], hs[1], hs[2]);
      }
      EXPECT_TRUE(hs[winner].ready());
      ++won[winner];
      std::size_t seen = 0;
      std::span<join_handle<int>> left(hs);
      while (!left.empty()) {
        auto r = co_await magpie::wait(left, return_when::first_completed);
        EXPECT_FALSE(r.done.empty());
        for (auto& h : r.done) seen += static_cast<std::size_t>(h.get());
        left = r.pending;
      }
      EXPECT_EQ(seen, 3u);
    }
  });
  for (int times : won) EXPECT_GT(times, rounds.enough());
}

TEST(wait_race, W9_timed_out_waits_on_one_long_task_leave_nothing) {
  // Memory is counted in tests/allocation; here many waits come and go on a task that ends at last.
  race_rounds rounds(fewer_if_sanitized(100'000, 10'000));
  runtime rt{{.workers = 2}};
  std::array<join_handle<void>, 1> long_one{rt.spawn(magpie::sleep_until(magpie::never))};
  rt.block_on([&]() -> task<> {
    while (rounds.more()) {
      auto r = co_await magpie::wait_for(long_one, 1us);
      EXPECT_TRUE(r.done.empty());
    }
  });
  long_one[0].cancel();
  EXPECT_TRUE(magpie_test::comes_true([&] { return long_one[0].ready(); }));
}

}  // namespace
