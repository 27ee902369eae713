#include <magpie/lockfree/source_word.hpp>

#include "support/sanitizers.hpp"
#include "support/stress_scale.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace {

struct node {
  int value = 0;
};
using word = magpie::detail::source_word<node>;
using fired = word::fired;
using attached = word::attached;

TEST(source_word, S1_fires_unheard) {
  word w;
  node* n = nullptr;
  EXPECT_FALSE(w.has_fired());
  EXPECT_FALSE(w.waited_on());
  EXPECT_EQ(w.fire(n), fired::unheard);
  EXPECT_TRUE(w.has_fired());
  EXPECT_FALSE(w.waited_on());
  node late;
  EXPECT_EQ(w.attach(&late), attached::fired_already);
}

TEST(source_word, S2_a_waiter_arrives) {
  word w;
  node mine;
  node* n = nullptr;
  EXPECT_EQ(w.attach(&mine), attached::yes);
  EXPECT_TRUE(w.waited_on());
  node second;
  EXPECT_EQ(w.attach(&second), attached::somebody_waits);
  EXPECT_EQ(w.fire(n), fired::waiter);
  EXPECT_EQ(n, &mine);
  EXPECT_FALSE(w.detach(&mine));
}

TEST(source_word, a_waiter_that_leaves_does_not_arrive) {
  word w;
  node mine;
  node* n = nullptr;
  EXPECT_EQ(w.attach(&mine), attached::yes);
  EXPECT_TRUE(w.detach(&mine));
  EXPECT_FALSE(w.waited_on());
  EXPECT_EQ(w.attach(&mine), attached::yes);
  EXPECT_TRUE(w.detach(&mine));
  EXPECT_EQ(w.fire(n), fired::unheard);
}

TEST(source_word, S3_abandoned_before_it_fires_the_one_who_fires_frees) {
  word w;
  node* n = nullptr;
  EXPECT_FALSE(w.abandon());
  EXPECT_FALSE(w.waited_on());
  EXPECT_EQ(w.fire(n), fired::abandoned);
}

TEST(source_word, S3_abandoned_after_it_fired_the_one_who_abandons_frees) {
  word w;
  node* n = nullptr;
  EXPECT_EQ(w.fire(n), fired::unheard);
  EXPECT_TRUE(w.abandon());
}

TEST(source_word, S3_exactly_one_side_frees) {
  for (magpie_test::race_rounds rounds(magpie_test::fewer_if_sanitized(3'000, 1'000)); rounds.more();) {
    word w;
    std::atomic<int> go{0};
    bool firer_frees = false;
    std::thread other([&] {
      go.fetch_add(1);
      while (go.load() != 2) std::this_thread::yield();
      node* n = nullptr;
      firer_frees = w.fire(n) == fired::abandoned;
    });
    while (go.load() != 1) std::this_thread::yield();
    go.fetch_add(1);
    const bool abandoner_frees = w.abandon();
    other.join();
    ASSERT_NE(firer_frees, abandoner_frees);
  }
}

TEST(source_word, S2_a_leaving_waiter_has_left_or_arrives) {
  magpie_test::race_rounds rounds(magpie_test::fewer_if_sanitized(3'000, 1'000));
  for (int i = 0; rounds.more(); ++i) {
    word w;
    node mine;
    mine.value = i;
    int seen = -1;
    ASSERT_EQ(w.attach(&mine), attached::yes);
    bool arrives = false;
    std::thread other([&] {
      node* n = nullptr;
      arrives = w.fire(n) == fired::waiter;
      if (arrives) seen = n->value;
    });
    const bool left = w.detach(&mine);
    other.join();
    ASSERT_NE(left, arrives);
    if (arrives) {
      ASSERT_EQ(seen, i);
    }
  }
}

}  // namespace
