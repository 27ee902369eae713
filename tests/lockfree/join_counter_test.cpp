#include <magpie/lockfree/join_counter.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using counter = magpie::detail::join_counter<>;

TEST(join_counter, starts_its_children_in_order) {
  counter c(3);
  EXPECT_EQ(c.children(), 3u);
  EXPECT_EQ(c.started(), 0u);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_TRUE(c.more_to_start());
    EXPECT_EQ(c.start_next(), i);
  }
  EXPECT_FALSE(c.more_to_start());
  EXPECT_EQ(c.started(), 3u);
}

TEST(join_counter, nothing_stolen_the_last_ends_it) {
  counter c(2);
  c.start_next();
  c.start_next();
  EXPECT_TRUE(c.last_ended());
}

TEST(join_counter, G2_stolen_whoever_ends_last_ends_it) {
  // Two children, the entry stolen once: two ends, in both orders.
  counter first_then_last(2);
  first_then_last.note_steal();
  EXPECT_FALSE(first_then_last.ended());
  EXPECT_TRUE(first_then_last.last_ended());

  counter last_then_first(2);
  last_then_first.note_steal();
  EXPECT_FALSE(last_then_first.last_ended());
  EXPECT_TRUE(last_then_first.ended());
}

TEST(join_counter, G2_any_order_of_the_ends_has_one_last) {
  for (unsigned stolen = 0; stolen < 5; ++stolen) {
    for (unsigned position = 0; position <= stolen; ++position) {
      counter c(6);
      for (unsigned i = 0; i < stolen; ++i) c.note_steal();
      unsigned last = 0;
      for (unsigned i = 0; i <= stolen; ++i) {
        const bool is_last = i == position ? c.last_ended() : c.ended();
        if (is_last) {
          ++last;
          EXPECT_EQ(i, stolen) << "before all had ended";
        }
      }
      EXPECT_EQ(last, 1u);
    }
  }
}

TEST(join_counter, G2_on_threads_exactly_one_sees_the_end_and_all_that_was_written) {
  for (int round = 0; round < 300; ++round) {
    counter c(3);
    c.note_steal();
    c.note_steal();
    int written[3] = {0, 0, 0};
    std::atomic<int> ends{0};
    const auto child = [&](int i) {
      written[i] = 1;
      if (i == 2 ? c.last_ended() : c.ended()) {
        ends.fetch_add(1);
        EXPECT_EQ(written[0] + written[1] + written[2], 3);
      }
    };
    std::thread a(child, 0);
    std::thread b(child, 1);
    child(2);
    a.join();
    b.join();
    ASSERT_EQ(ends.load(), 1);
  }
}

}  // namespace
