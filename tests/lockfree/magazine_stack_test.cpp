#include <magpie/lockfree/magazine_stack.hpp>

#include "support/sanitizers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace {

struct magazine {
  magazine* next_magazine = nullptr;
  std::atomic<int> owners{0};
};
using stack = magpie::detail::magazine_stack<magazine>;

TEST(magazine_stack, is_last_in_first_out) {
  stack s;
  magazine m[3];
  EXPECT_EQ(s.pop(), nullptr);
  EXPECT_EQ(s.take_all(), nullptr);
  for (magazine& x : m) s.push(&x);
  EXPECT_EQ(s.pop(), &m[2]);
  EXPECT_EQ(s.pop(), &m[1]);
  s.push(&m[2]);
  EXPECT_EQ(s.pop(), &m[2]);
  EXPECT_EQ(s.pop(), &m[0]);
  EXPECT_EQ(s.pop(), nullptr);
}

TEST(magazine_stack, can_be_emptied_whole) {
  stack s;
  magazine m[3];
  for (magazine& x : m) s.push(&x);
  std::set<magazine*> all;
  for (magazine* x = s.take_all(); x != nullptr; x = x->next_magazine) all.insert(x);
  EXPECT_EQ(all.size(), 3u);
  EXPECT_EQ(s.pop(), nullptr);
}

TEST(magazine_stack, M1_an_item_has_one_owner_at_a_time_and_none_is_lost) {
  stack s;
  std::vector<magazine> items(16);
  for (magazine& m : items) s.push(&m);
  const int rounds = magpie_test::fewer_if_sanitized(100'000, 20'000);
  const auto trader = [&] {
    for (int i = 0; i < rounds; ++i) {
      magazine* a = s.pop();
      magazine* b = s.pop();
      for (magazine* m : {a, b}) {
        if (m == nullptr) continue;
        EXPECT_EQ(m->owners.fetch_add(1, std::memory_order_relaxed), 0);
        m->owners.fetch_sub(1, std::memory_order_relaxed);
        s.push(m);
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back(trader);
  for (std::thread& t : threads) t.join();
  std::set<magazine*> all;
  while (magazine* m = s.pop()) all.insert(m);
  EXPECT_EQ(all.size(), items.size());
}

}  // namespace
