#include <magpie/lockfree/run_queue.hpp>

#include "support/sanitizers.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

namespace {

using queue = magpie::detail::run_queue<int, 8>;
using slot = magpie::detail::lifo_slot<int>;

bool push(queue& q, int* item) { return q.try_push(item) != queue::pushed::full; }

int items[4096];
int* item(int i) { return &items[i]; }

TEST(run_queue, is_first_in_first_out) {
  queue q;
  EXPECT_EQ(q.pop(), nullptr);
  EXPECT_TRUE(q.looks_empty());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(push(q, item(i)));
  EXPECT_FALSE(q.looks_empty());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(q.pop(), item(i));
  EXPECT_EQ(q.pop(), nullptr);
}

TEST(run_queue, refuses_what_does_not_fit_and_sheds_the_older_half) {
  queue q;
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(push(q, item(i)));
  EXPECT_FALSE(push(q, item(8)));
  std::array<int*, queue::half> out{};
  ASSERT_EQ(q.shed(out), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(out.at(static_cast<std::size_t>(i)), item(i));
  EXPECT_TRUE(push(q, item(8)));
  for (int i = 4; i <= 8; ++i) EXPECT_EQ(q.pop(), item(i));
}

TEST(run_queue, tells_who_pushes_whether_others_stand_before) {
  queue q;
  EXPECT_EQ(q.try_push(item(0)), queue::pushed::alone);
  EXPECT_EQ(q.try_push(item(1)), queue::pushed::behind_others);
  EXPECT_EQ(q.look().oldest, 0u);
  EXPECT_EQ(q.look().count, 2u);
  EXPECT_EQ(q.pop(), item(0));
  EXPECT_EQ(q.look().oldest, 1u);
  EXPECT_EQ(q.pop(), item(1));
  EXPECT_EQ(q.look().count, 0u);
  EXPECT_EQ(q.try_push(item(2)), queue::pushed::alone);
}

TEST(run_queue, sheds_nothing_when_thieves_made_room) {
  queue q;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(q, item(i)));
  std::array<int*, queue::half> out{};
  EXPECT_EQ(q.shed(out), 0u);
  EXPECT_EQ(q.pop(), item(0));
}

TEST(run_queue, a_thief_takes_the_greater_half) {
  for (int n = 0; n <= 8; ++n) {
    queue q;
    for (int i = 0; i < n; ++i) ASSERT_TRUE(push(q, item(i)));
    std::array<int*, queue::half> out{};
    const auto got = static_cast<int>(q.steal(out));
    EXPECT_EQ(got, (n + 1) / 2);
    for (int i = 0; i < got; ++i) EXPECT_EQ(out.at(static_cast<std::size_t>(i)), item(i));
    for (int i = got; i < n; ++i) EXPECT_EQ(q.pop(), item(i));
    EXPECT_EQ(q.pop(), nullptr);
  }
}

TEST(run_queue, goes_round_many_times) {
  queue q;
  int in = 0;
  int out = 0;
  for (int round = 0; round < 500; ++round) {
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(push(q, item(in++ % 4096)));
    for (int i = 0; i < 7; ++i) ASSERT_EQ(q.pop(), item(out++ % 4096));
  }
}

TEST(run_queue, Q3_each_item_goes_to_one_taker) {
  MAGPIE_TEST_USES_SEED(seed);
  const int total = magpie_test::fewer_if_sanitized(300'000, 40'000);
  queue q;
  std::vector<std::atomic<int>> taken(static_cast<std::size_t>(total));
  std::vector<int> numbers(taken.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  std::atomic<bool> done{false};
  const auto note = [&](int* p) { taken[static_cast<std::size_t>(*p)].fetch_add(1, std::memory_order_relaxed); };
  std::vector<std::thread> thieves;
  for (int t = 0; t < 2; ++t) {
    thieves.emplace_back([&] {
      std::array<int*, queue::half> out{};
      while (!done.load(std::memory_order_acquire) || !q.looks_empty()) {
        const std::size_t n = q.steal(out);
        for (std::size_t i = 0; i < n; ++i) note(out[i]);
      }
    });
  }
  std::mt19937_64 random(seed);
  std::array<int*, queue::half> out{};
  for (int& number : numbers) {
    while (!push(q, &number)) {
      const std::size_t n = q.shed(out);
      for (std::size_t i = 0; i < n; ++i) note(out[i]);
    }
    if (random() % 4 == 0) {
      if (int* p = q.pop()) note(p);
    }
  }
  done.store(true, std::memory_order_release);
  for (std::thread& t : thieves) t.join();
  while (int* p = q.pop()) note(p);
  for (int i = 0; i < total; ++i) ASSERT_EQ(taken[static_cast<std::size_t>(i)].load(), 1) << i;
}

TEST(lifo_slot, holds_the_newest_and_gives_back_the_displaced) {
  slot s;
  EXPECT_EQ(s.take(), nullptr);
  EXPECT_EQ(s.peek(), nullptr);
  EXPECT_EQ(s.put(item(1)), nullptr);
  EXPECT_EQ(s.peek(), item(1));
  EXPECT_EQ(s.put(item(2)), item(1));
  EXPECT_EQ(s.take(), item(2));
  EXPECT_EQ(s.take(), nullptr);
}

TEST(lifo_slot, a_thief_takes_only_what_it_saw) {
  slot s;
  static_cast<void>(s.put(item(1)));
  int* seen = s.peek();
  static_cast<void>(s.put(item(2)));
  EXPECT_FALSE(s.steal(seen));
  EXPECT_EQ(s.peek(), item(2));
  EXPECT_TRUE(s.steal(item(2)));
  EXPECT_EQ(s.take(), nullptr);
  EXPECT_FALSE(s.steal(item(2)));
}

TEST(lifo_slot, L1_each_item_goes_to_one_taker) {
  const int total = magpie_test::fewer_if_sanitized(200'000, 40'000);
  slot s;
  std::vector<std::atomic<int>> taken(static_cast<std::size_t>(total));
  std::vector<int> numbers(taken.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  std::atomic<bool> done{false};
  const auto note = [&](int* p) {
    if (p != nullptr) taken[static_cast<std::size_t>(*p)].fetch_add(1, std::memory_order_relaxed);
  };
  std::thread thief([&] {
    while (!done.load(std::memory_order_acquire)) {
      int* seen = s.peek();
      if (seen != nullptr && s.steal(seen)) note(seen);
    }
  });
  for (int i = 0; i < total; ++i) {
    note(s.put(&numbers[static_cast<std::size_t>(i)]));
    if (i % 3 == 0) note(s.take());
  }
  done.store(true, std::memory_order_release);
  thief.join();
  note(s.take());
  for (int i = 0; i < total; ++i) ASSERT_EQ(taken[static_cast<std::size_t>(i)].load(), 1) << i;
}

}  // namespace
