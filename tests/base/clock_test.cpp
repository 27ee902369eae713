#include <magpie/clock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>

namespace {

using magpie::clock;
using magpie::never;
using magpie::detail::time_after;
using namespace std::chrono_literals;

TEST(clock, is_a_standard_clock_and_goes_forward) {
  static_assert(std::chrono::is_clock_v<clock>);
  static_assert(clock::is_steady);
  clock::time_point last = clock::now();
  for (int i = 0; i < 1000; ++i) {
    const clock::time_point now = clock::now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(clock, never_is_later_than_any_other_time) {
  EXPECT_GT(never, clock::now());
  EXPECT_EQ(never, clock::time_point::max());
}

TEST(clock, a_time_after_is_that_far_away) {
  const clock::time_point before = clock::now();
  const clock::time_point t = time_after(1h);
  EXPECT_GE(t, before + 1h);
  EXPECT_LE(t, clock::now() + 1h);
  EXPECT_GE(time_after(std::chrono::duration<double>(0.5)), before + 500ms);
  EXPECT_GE((time_after(std::chrono::duration<int, std::ratio<86400>>(1))), before + 24h);
}

TEST(clock, durations_saturate) {
  EXPECT_EQ(time_after(std::chrono::hours::max()), never);
  EXPECT_EQ(time_after(std::chrono::nanoseconds::max()), never);
  EXPECT_EQ(time_after(std::chrono::duration<double>(1e300)), never);
  EXPECT_EQ(time_after(std::chrono::duration<float>(std::numeric_limits<float>::infinity())), never);
  EXPECT_EQ(time_after(std::chrono::seconds::max()), never);
}

TEST(clock, what_asks_for_no_time_is_now) {
  const auto is_now = [](auto length) {
    const clock::time_point before = clock::now();
    const clock::time_point t = time_after(length);
    return t >= before && t <= clock::now();
  };
  EXPECT_TRUE(is_now(0s));
  EXPECT_TRUE(is_now(-1s));
  EXPECT_TRUE(is_now(std::chrono::hours::min()));
  EXPECT_TRUE(is_now(std::chrono::duration<double>(-1e300)));
  EXPECT_TRUE(is_now(std::chrono::duration<double>(std::nan(""))));
}

}  // namespace
