#include <magpie/lockfree/parking_word.hpp>

#include "support/sanitizers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <set>
#include <thread>

namespace {

using word = magpie::detail::parking_word<>;

TEST(parking_word, nobody_is_woken_when_nobody_sleeps) {
  word w;
  EXPECT_FALSE(w.hungry());
  EXPECT_EQ(w.reserve_sleeper(), std::nullopt);
  EXPECT_EQ(w.parked(), 0u);
}

TEST(parking_word, P2_a_reserved_sleeper_is_awake_and_searches) {
  word w;
  w.park(3, false);
  EXPECT_TRUE(w.hungry());
  EXPECT_EQ(w.parked(), 1u);
  EXPECT_EQ(w.reserve_sleeper(), 3u);
  EXPECT_EQ(w.parked(), 0u);
  EXPECT_FALSE(w.hungry());
  EXPECT_EQ(w.reserve_sleeper(), std::nullopt);
  EXPECT_TRUE(w.stop_searching());  // the one that was woken is the last searcher
}

TEST(parking_word, P3_one_is_woken_at_a_time) {
  word w;
  for (unsigned i : {5u, 70u, 1023u}) w.park(i, false);
  const auto first = w.reserve_sleeper();
  ASSERT_TRUE(first);
  EXPECT_FALSE(w.hungry());
  EXPECT_EQ(w.reserve_sleeper(), std::nullopt);  // somebody searches already
  EXPECT_TRUE(w.stop_searching());
  const auto second = w.reserve_sleeper();
  ASSERT_TRUE(second);
  w.park(*second, true);  // it found nothing
  EXPECT_TRUE(w.hungry());
  EXPECT_EQ(w.parked(), 2u);
}

TEST(parking_word, a_sleeper_that_found_work_itself_is_preferred) {
  word w;
  for (unsigned i : {1u, 2u, 3u}) w.park(i, false);
  EXPECT_EQ(w.reserve_sleeper(2), 2u);
  EXPECT_TRUE(w.stop_searching());
  EXPECT_NE(w.reserve_sleeper(2), 2u);  // it is awake
}

TEST(parking_word, a_searcher_keeps_others_asleep_and_there_are_only_so_many) {
  word w;
  w.park(0, false);
  EXPECT_TRUE(w.start_searching(1));
  EXPECT_FALSE(w.start_searching(1));
  EXPECT_TRUE(w.start_searching(2));
  EXPECT_FALSE(w.hungry());
  EXPECT_EQ(w.reserve_sleeper(), std::nullopt);
  EXPECT_FALSE(w.stop_searching());
  EXPECT_TRUE(w.stop_searching());
  EXPECT_EQ(w.reserve_sleeper(), 0u);
}

TEST(parking_word, each_of_the_most_workers_can_sleep_and_is_woken_once) {
  word w;
  for (unsigned i = 0; i < word::most_workers; ++i) w.park(i, false);
  EXPECT_EQ(w.parked(), word::most_workers);
  std::set<unsigned> woken;
  while (const auto index = w.reserve_sleeper()) {
    EXPECT_TRUE(woken.insert(*index).second);
    static_cast<void>(w.stop_searching());
  }
  EXPECT_EQ(woken.size(), word::most_workers);
}

TEST(parking_word, P2_two_wakers_never_get_the_same_sleeper) {
  const int rounds = magpie_test::fewer_if_sanitized(200'000, 30'000);
  word w;
  std::atomic<int> asleep[3];
  for (unsigned i = 0; i < 3; ++i) {
    asleep[i] = 1;
    w.park(i, false);
  }
  const auto waker = [&] {
    for (int i = 0; i < rounds; ++i) {
      const auto index = w.reserve_sleeper();
      if (!index) continue;
      EXPECT_EQ(asleep[*index].exchange(0), 1);
      asleep[*index].store(1);
      w.park(*index, true);
    }
  };
  std::thread other(waker);
  waker();
  other.join();
  EXPECT_EQ(w.parked(), 3u);
}

}  // namespace
