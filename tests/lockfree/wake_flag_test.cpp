#include <magpie/base/futex.hpp>
#include <magpie/lockfree/wake_flag.hpp>

#include "support/stress_scale.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace {

using magpie::detail::monotonic_now;
using magpie::detail::wake_flag;

TEST(wake_flag, what_was_raised_before_is_not_waited_for) {
  wake_flag<> flag;
  EXPECT_FALSE(flag.is_raised());
  flag.raise();
  EXPECT_TRUE(flag.is_raised());
  flag.wait();
  EXPECT_TRUE(flag.wait_until(0));
}

TEST(wake_flag, a_deadline_ends_the_wait_and_it_can_be_waited_for_again) {
  wake_flag<> flag;
  EXPECT_FALSE(flag.wait_until(monotonic_now() + 2'000'000));
  EXPECT_FALSE(flag.wait_until(0));
  std::thread other([&flag] { flag.raise(); });
  flag.wait();
  EXPECT_TRUE(flag.is_raised());
  other.join();
}

// Each flag dies as soon as it is seen raised, while its raiser may still be about to wake.
TEST(wake_flag, E4_many_flags_in_one_place) {
  std::optional<wake_flag<>> flag;
  std::atomic<wake_flag<>*> given{nullptr};
  std::atomic<bool> over{false};
  int value = 0;
  std::thread other([&] {
    for (int i = 1;; ++i) {
      wake_flag<>* f = nullptr;
      while ((f = given.exchange(nullptr)) == nullptr) {
        if (over.load()) return;
        std::this_thread::yield();
      }
      value = i;
      f->raise();
    }
  });
  magpie_test::race_rounds rounds(20'000);
  for (int i = 1; rounds.more(); ++i) {
    flag.emplace();
    given.store(&*flag);
    if (i % 2 == 0) {
      flag->wait();
    } else {
      while (!flag->wait_until(monotonic_now() + 100'000)) {
      }
    }
    EXPECT_EQ(value, i);
    flag.reset();
  }
  over.store(true);
  other.join();
}

}  // namespace
