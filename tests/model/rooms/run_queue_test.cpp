#include <magpie/model/expectations.hpp>

#include "run_queue_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;
using model::unbounded;

// Capacity 4, so halves of two; the slots are used again from the fifth push on.
TEST(run_queue_model, one_thief_takes_halves) {
  (expect_holds<run_queue_traffic<4, 3, 2, 1, 2>>({.preemptions = unbounded}));
}
TEST(run_queue_model, two_thieves) { (expect_holds<run_queue_traffic<4, 3, 1, 2, 1>>({.preemptions = 2})); }
TEST(run_queue_model, a_full_queue_sheds_under_a_thief) {
  (expect_holds<run_queue_traffic<4, 6, 1, 1, 2>>({.preemptions = 3}));
}
// Capacity 2: every round reuses every slot.
TEST(run_queue_model, slots_are_reused_for_three_rounds) {
  (expect_holds<run_queue_traffic<2, 6, 3, 1, 3>>({.preemptions = 3}));
}
TEST(run_queue_model, the_same_item_comes_again) {
  (expect_holds<same_item_in_the_slot<3, 1>>({.preemptions = unbounded}));
  (expect_holds<same_item_in_the_slot<2, 2>>({.preemptions = 3}));
}
TEST(run_queue_model, what_was_displaced_stays_with_the_owner) {
  (expect_holds<displaced_from_the_slot<1>>({.preemptions = unbounded}));
  (expect_holds<displaced_from_the_slot<2>>({.preemptions = 3}));
}

TEST(run_queue_model_long, two_thieves) { (expect_holds<run_queue_traffic<4, 3, 1, 2, 2>>({.preemptions = 3})); }
TEST(run_queue_model_long, slots_are_reused_under_two_thieves) {
  (expect_holds<run_queue_traffic<2, 4, 2, 2, 1>>({.preemptions = 3}));
}

}  // namespace
