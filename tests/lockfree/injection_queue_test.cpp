#include <magpie/lockfree/injection_queue.hpp>

#include "support/sanitizers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

struct node {
  std::atomic<node*> next{nullptr};
  int producer = 0;
  int number = 0;
};
using queue = magpie::detail::injection_queue<node>;

std::vector<node*> take(queue& q, unsigned most) {
  std::vector<node*> got;
  const unsigned n = q.take(most, [&](node* item) { got.push_back(item); });
  EXPECT_EQ(n, got.size());
  return got;
}

TEST(injection_queue, is_first_in_first_out) {
  queue q;
  node a;
  node b;
  node c;
  EXPECT_TRUE(q.looks_empty());
  EXPECT_TRUE(take(q, 10).empty());
  q.push(&a);
  EXPECT_FALSE(q.looks_empty());
  q.push(&b);
  q.push(&c);
  EXPECT_EQ(take(q, 2), (std::vector<node*>{&a, &b}));
  EXPECT_FALSE(q.looks_empty());
  EXPECT_EQ(take(q, 2), (std::vector<node*>{&c}));
  EXPECT_TRUE(q.looks_empty());
  EXPECT_TRUE(take(q, 2).empty());
}

TEST(injection_queue, a_node_may_come_again) {
  queue q;
  node a;
  for (int i = 0; i < 100; ++i) {
    q.push(&a);
    ASSERT_EQ(take(q, 5), (std::vector<node*>{&a}));
  }
}

TEST(injection_queue, takes_a_chain_in_one_push) {
  queue q;
  node before;
  node chain[3];
  chain[0].next = &chain[1];
  chain[1].next = &chain[2];
  q.push(&before);
  q.push(&chain[0], &chain[2]);
  EXPECT_EQ(take(q, 10), (std::vector<node*>{&before, &chain[0], &chain[1], &chain[2]}));
}

TEST(injection_queue, a_user_that_pushes_while_it_takes) {
  queue q;
  node a;
  node b;
  q.push(&a);
  std::vector<node*> got;
  q.take(5, [&](node* item) {
    got.push_back(item);
    if (item == &a) q.push(&b);
  });
  for (node* item : take(q, 5)) got.push_back(item);
  EXPECT_EQ(got, (std::vector<node*>{&a, &b}));
}

bool yes() { return true; }

TEST(injection_queue, the_first_one_is_taken_by_who_wants_it) {
  queue q;
  node a;
  node b;
  EXPECT_FALSE(q.take_if_first(&a, yes)) << "it is empty";
  q.push(&a);
  q.push(&b);
  EXPECT_FALSE(q.take_if_first(&b, yes)) << "it is the second";
  EXPECT_TRUE(q.take_if_first(&a, yes));
  EXPECT_FALSE(q.take_if_first(&a, yes)) << "it was taken";
  EXPECT_TRUE(q.take_if_first(&b, yes)) << "the last one";
  EXPECT_TRUE(q.looks_empty());
  EXPECT_FALSE(q.take_if_first(&b, yes));
}

TEST(injection_queue, who_wants_the_first_one_may_yet_leave_it) {
  queue q;
  node a;
  node b;
  int asked = 0;
  const auto no = [&] {
    ++asked;
    EXPECT_EQ(q.take(1, [](node*) {}), 0u) << "nobody else takes it meanwhile";
    return false;
  };
  q.push(&a);
  EXPECT_FALSE(q.take_if_first(&b, no));
  EXPECT_EQ(asked, 0) << "it is not there";
  EXPECT_FALSE(q.take_if_first(&a, no));
  EXPECT_EQ(asked, 1);
  q.push(&b);
  EXPECT_EQ(take(q, 5), (std::vector<node*>{&a, &b}));
}

TEST(injection_queue, I1_many_producers_and_takers_lose_nothing_and_keep_each_producers_order) {
  constexpr int producers = 3;
  const int each = magpie_test::fewer_if_sanitized(50'000, 10'000);
  queue q;
  auto nodes = std::make_unique<node[]>(static_cast<std::size_t>(producers * each));
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (int i = 0; i < each; ++i) {
        node& n = nodes[static_cast<std::size_t>(p * each + i)];
        n.producer = p;
        n.number = i;
        q.push(&n);
      }
    });
  }
  // Each taker holds the order of what it takes in one turn; turns exclude each other.
  int expected[producers] = {};
  const auto taker = [&] {
    while (taken.load() < producers * each) {
      const unsigned n = q.take(16, [&](node* item) {
        EXPECT_EQ(item->number, expected[item->producer]);
        expected[item->producer] = item->number + 1;
        taken.fetch_add(1);
      });
      if (n == 0) std::this_thread::yield();
    }
  };
  threads.emplace_back(taker);
  taker();
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(taken.load(), producers * each);
  EXPECT_TRUE(take(q, 1).empty());
}

}  // namespace
