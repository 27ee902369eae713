#include <magpie/lockfree/mutex_word.hpp>

#include <gtest/gtest.h>

namespace {

using magpie::detail::mutex_word;

TEST(mutex_word, one_holder) {
  mutex_word<> w;
  EXPECT_TRUE(w.try_take());
  EXPECT_FALSE(w.try_take());
  EXPECT_TRUE(w.try_give_back());
  EXPECT_TRUE(w.try_take());
}

TEST(mutex_word, Y5_while_somebody_waits_it_is_neither_taken_nor_given_back) {
  mutex_word<> w;
  EXPECT_TRUE(w.take_or_wait());   // it was free
  EXPECT_FALSE(w.take_or_wait());  // we wait
  EXPECT_FALSE(w.take_or_wait());  // and so does another
  EXPECT_FALSE(w.try_take());
  EXPECT_FALSE(w.try_give_back());
  w.nobody_waits();
  EXPECT_FALSE(w.try_take());
  EXPECT_TRUE(w.try_give_back());
  EXPECT_TRUE(w.try_take());
  w.give_back();
  EXPECT_TRUE(w.take_or_wait());
}

}  // namespace
