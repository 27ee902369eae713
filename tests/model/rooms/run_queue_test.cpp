#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "run_queue_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;
using model::unbounded;

TEST(run_queue_model, P1_a_push_meets_a_worker_that_lies_down) {
  expect_holds<publication_against_sleep<run_queue_to_publish_in>>({.preemptions = unbounded});
  expect_holds<publication_against_sleep<lifo_slot_to_publish_in>>({.preemptions = unbounded});
}
// Capacity 4: halves of two.
TEST(run_queue_model, one_thief_takes_halves) {
  (expect_holds<run_queue_traffic<4, 3, 2, 1, 2>>({.preemptions = unbounded}));
}
TEST(run_queue_model, two_thieves) { (expect_holds<run_queue_traffic<4, 3, 0, 2, 1>>({.preemptions = 3})); }
TEST(run_queue_model, a_full_queue_sheds_under_a_thief) {
  (expect_holds<run_queue_traffic<4, 5, 1, 1, 1>>({.preemptions = 2}));
}
// Capacity 2: every round reuses every slot.
TEST(run_queue_model, slots_are_reused) {
  (expect_holds<run_queue_traffic<2, 3, 1, 1, 1>>({.preemptions = 3}));
  (expect_holds<run_queue_traffic<2, 4, 2, 1, 1>>(lean(3)));
}
TEST(run_queue_model, the_same_item_comes_again) {
  (expect_holds<same_item_in_the_slot<3, 1>>({.preemptions = unbounded}));
  (expect_holds<same_item_in_the_slot<2, 2>>({.preemptions = 3}));
}
TEST(run_queue_model, what_was_displaced_stays_with_the_owner) {
  (expect_holds<displaced_from_the_slot<1>>({.preemptions = unbounded}));
  (expect_holds<displaced_from_the_slot<2>>({.preemptions = 2}));
}

TEST(run_queue_model_long, two_thieves) { (expect_holds<run_queue_traffic<4, 3, 1, 2, 1>>(lean(3))); }
TEST(run_queue_model_long, a_full_queue_sheds_under_a_thief) {
  (expect_holds<run_queue_traffic<4, 6, 1, 1, 1>>(lean(3)));
}
TEST(run_queue_model_long, slots_are_reused) {
  (expect_holds<run_queue_traffic<2, 5, 2, 1, 2>>(lean(3)));
  (expect_holds<run_queue_traffic<2, 3, 1, 2, 1>>(lean(2)));
}
TEST(run_queue_model_long, what_was_displaced_stays_with_the_owner) {
  (expect_holds<displaced_from_the_slot<2>>({.preemptions = 3}));
}

}  // namespace
