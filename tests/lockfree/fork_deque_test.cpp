#include <magpie/lockfree/fork_deque.hpp>

#include "support/sanitizers.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <new>
#include <numeric>
#include <thread>
#include <vector>

namespace {

using magpie::detail::fork_deque;
using magpie::detail::steal_result;

/// std_atomics, but arrays can be had only so many times.
struct scarce_atomics : magpie::detail::std_atomics {
  static inline int arrays_left = 0;

  template <class T>
  static T* make_array(std::size_t count) {
    if (arrays_left-- <= 0) throw std::bad_alloc();
    return std_atomics::make_array<T>(count);
  }
};

int items[4096];
int* item(int i) { return &items[i]; }

/// pop() gives no item: its caller knows which one it is.
template <class Deque>
int* pop(Deque& d) {
  int* item = d.newest();
  return d.pop() ? item : nullptr;
}

TEST(fork_deque, an_empty_one_gives_nothing) {
  fork_deque<int> d(4);
  int* got = nullptr;
  EXPECT_EQ(pop(d), nullptr);
  EXPECT_EQ(d.take(), nullptr);
  EXPECT_EQ(d.steal(got), steal_result::empty);
  EXPECT_TRUE(d.looks_empty());
  EXPECT_TRUE(d.at_floor());
}

TEST(fork_deque, the_owner_pops_the_newest_and_thieves_take_the_oldest) {
  fork_deque<int> d(8);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(d.push(item(i)));
  EXPECT_FALSE(d.looks_empty());
  int* got = nullptr;
  EXPECT_EQ(pop(d), item(4));
  EXPECT_EQ(d.steal(got), steal_result::taken);
  EXPECT_EQ(got, item(0));
  EXPECT_EQ(pop(d), item(3));
  EXPECT_EQ(d.steal(got), steal_result::taken);
  EXPECT_EQ(got, item(1));
  EXPECT_EQ(pop(d), item(2));
  EXPECT_EQ(pop(d), nullptr);
  EXPECT_TRUE(d.looks_empty());
}

TEST(fork_deque, goes_round_its_array_without_growing) {
  fork_deque<int> d(4);
  int* got = nullptr;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(d.push(item(i)));
    ASSERT_TRUE(d.push(item(i + 1)));
    ASSERT_EQ(d.steal(got), steal_result::taken);
    ASSERT_EQ(got, item(i));
    ASSERT_EQ(pop(d), item(i + 1));
  }
}

TEST(fork_deque, grows_and_keeps_what_it_holds_in_order) {
  fork_deque<int> d(2);
  int* got = nullptr;
  for (int i = 0; i < 5; ++i) {  // so that the array does not begin at index 0
    ASSERT_TRUE(d.push(item(i)));
    ASSERT_EQ(d.steal(got), steal_result::taken);
  }
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(d.push(item(i)));
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(d.steal(got), steal_result::taken);
    ASSERT_EQ(got, item(i));
  }
  for (int i = 999; i >= 500; --i) ASSERT_EQ(pop(d), item(i));
  EXPECT_EQ(pop(d), nullptr);
}

TEST(fork_deque, a_push_that_cannot_grow_says_so_and_changes_nothing) {
  scarce_atomics::arrays_left = 1;
  fork_deque<int, scarce_atomics> d(4);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(d.push(item(i)));
  EXPECT_FALSE(d.push(item(4)));
  EXPECT_FALSE(d.push(item(4)));
  EXPECT_EQ(pop(d), item(3));
  EXPECT_TRUE(d.push(item(4)));  // there is room again
  int* got = nullptr;
  EXPECT_EQ(d.steal(got), steal_result::taken);
  EXPECT_EQ(got, item(0));
  EXPECT_TRUE(d.push(item(5)));  // room that a thief made
  EXPECT_FALSE(d.push(item(6)));
  scarce_atomics::arrays_left = 1;
  EXPECT_TRUE(d.push(item(6)));  // and memory
  for (int i : {6, 5, 4, 2, 1}) EXPECT_EQ(pop(d), item(i));
  EXPECT_EQ(pop(d), nullptr);
}

TEST(fork_deque, without_memory_for_its_first_array_it_is_not_made) {
  scarce_atomics::arrays_left = 0;
  EXPECT_THROW((fork_deque<int, scarce_atomics>(4)), std::bad_alloc);
}

TEST(fork_deque, F6_pops_stop_at_the_floor) {
  fork_deque<int> d(8);
  ASSERT_TRUE(d.push(item(0)));
  ASSERT_TRUE(d.push(item(1)));
  EXPECT_FALSE(d.at_floor());
  d.raise_floor();
  EXPECT_TRUE(d.at_floor());
  EXPECT_EQ(pop(d), nullptr);
  ASSERT_TRUE(d.push(item(2)));
  EXPECT_EQ(pop(d), item(2));
  EXPECT_EQ(pop(d), nullptr);
  int* got = nullptr;
  EXPECT_EQ(d.steal(got), steal_result::taken);  // thieves know no floor
  EXPECT_EQ(got, item(0));
}

TEST(fork_deque, F6_take_goes_below_the_floor_which_sinks_with_it) {
  fork_deque<int> d(8);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(d.push(item(i)));
  d.raise_floor();
  EXPECT_EQ(d.take(), item(2));
  EXPECT_TRUE(d.at_floor());
  EXPECT_EQ(pop(d), nullptr);
  ASSERT_TRUE(d.push(item(3)));
  EXPECT_EQ(d.take(), item(3));  // above the floor: the floor stays
  EXPECT_EQ(pop(d), nullptr);
  EXPECT_EQ(d.take(), item(1));
  EXPECT_EQ(d.take(), item(0));
  EXPECT_EQ(d.take(), nullptr);
  EXPECT_TRUE(d.looks_empty());
  ASSERT_TRUE(d.push(item(4)));
  EXPECT_EQ(pop(d), item(4));
}

TEST(fork_deque, F6_a_floor_that_thieves_have_passed_holds_nothing_back) {
  fork_deque<int> d(8);
  ASSERT_TRUE(d.push(item(0)));
  ASSERT_TRUE(d.push(item(1)));
  d.raise_floor();
  int* got = nullptr;
  EXPECT_EQ(d.steal(got), steal_result::taken);
  EXPECT_EQ(d.steal(got), steal_result::taken);
  EXPECT_EQ(d.take(), nullptr);
  ASSERT_TRUE(d.push(item(2)));
  EXPECT_EQ(pop(d), item(2));
  EXPECT_EQ(pop(d), nullptr);
}

TEST(fork_deque, F4_each_item_goes_to_one_taker) {
  MAGPIE_TEST_USES_SEED(seed);
  const int rounds = magpie_test::fewer_if_sanitized(200'000, 30'000);
  fork_deque<int> d(2);
  std::vector<std::atomic<int>> taken(static_cast<std::size_t>(rounds));
  std::vector<int> numbers(taken.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  std::atomic<bool> done{false};
  const auto note = [&](int* p) { taken[static_cast<std::size_t>(*p)].fetch_add(1, std::memory_order_relaxed); };

  std::vector<std::thread> thieves;
  for (int t = 0; t < 2; ++t) {
    thieves.emplace_back([&] {
      int* got = nullptr;
      while (!done.load(std::memory_order_acquire) || !d.looks_empty()) {
        if (d.steal(got) == steal_result::taken) note(got);
      }
    });
  }
  std::mt19937_64 random(seed);
  for (int i = 0; i < rounds;) {
    for (std::uint64_t n = random() % 8; n > 0 && i < rounds; --n)
      ASSERT_TRUE(d.push(&numbers[static_cast<std::size_t>(i++)]));
    if (random() % 16 == 0) d.raise_floor();
    for (std::uint64_t n = random() % 8; n > 0; --n) {
      int* p = random() % 2 == 0 ? pop(d) : d.take();
      if (p != nullptr) note(p);
    }
  }
  while (int* p = d.take()) note(p);
  done.store(true, std::memory_order_release);
  for (std::thread& t : thieves) t.join();
  while (int* p = d.take()) note(p);
  for (int i = 0; i < rounds; ++i) ASSERT_EQ(taken[static_cast<std::size_t>(i)].load(), 1) << i;
}

}  // namespace
