#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "parking_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_fails;
using model::expect_holds;

// The small ones first: what breaks them may make the others endless.
TEST(parking_model, P3_one_searcher_is_enough) { expect_holds<one_searcher_is_enough>(); }
TEST(parking_model, P2_each_reservation_gets_a_sleeper) {
  expect_holds<reservations<2>>({.preemptions = 3});
  expect_holds<reservations<3>>(lean(2));
}
TEST(parking_model, Z2_the_end_counts_sleepers) { expect_holds<counted_at_the_end>({.preemptions = model::unbounded}); }
TEST(parking_model, P1_one_worker_lies_down_as_tasks_come_from_outside) {
  (expect_holds<published_from_outside<1, 1, 1>>({.preemptions = 2}));
  (expect_holds<published_from_outside<1, 1, 1>>(lean(3)));
  (expect_holds<published_from_outside<1, 1, 2>>(lean(2)));
  (expect_holds<published_from_outside<2, 1, 1>>(lean(1)));
}
TEST(parking_model, P1_two_workers_lie_down) { (expect_holds<published_from_outside<1, 2, 1>>(lean(1))); }
TEST(parking_model, P4_P6_P8_a_worker_pushes_and_computes) {
  (expect_holds<pushed_to_the_queue<2, 1>>({.preemptions = 2}));
  (expect_holds<pushed_to_the_queue<2, 1>>(lean(3)));
  (expect_holds<pushed_to_the_queue<3, 1>>(lean(1)));
}
TEST(parking_model, P3_the_last_searcher_wakes_the_next) {
  (expect_holds<pushed_to_the_queue<3, 2, tasks::first_waits_for_second>>(lean(0)));
  (expect_holds<pushed_to_the_queue<3, 2, tasks::first_waits_for_second>>(interleaved(1)));
}
TEST(parking_model, P4_forks_reach_who_lies_down) {
  (expect_holds<forked<2, 1>>({.preemptions = 2}));
  (expect_holds<forked<2, 1>>(lean(3)));
  (expect_holds<forked<3, 1>>(lean(1)));
}
TEST(parking_model, P4_no_interleaving_leaves_a_fork_beside_a_search) {
  expect_holds<forked_beside_a_search<false>>(interleaved(2));
}
TEST(parking_model, P8_a_push_beside_a_search) {
  expect_holds<pushed_beside_a_search>(interleaved(1));
  expect_holds<pushed_beside_a_search>(lean(0));
}
TEST(parking_model, P6_a_watcher_comes_for_the_newest) {
  (expect_holds<put_as_newest<2>>({.preemptions = 2}));
  (expect_holds<put_as_newest<2>>(lean(3)));
  (expect_holds<put_as_newest<3>>(lean(1)));
}

TEST(parking_model, P7_no_place_is_borrowed_twice) {
  expect_holds<borrowed_places<1>>({.preemptions = 3});
  expect_holds<borrowed_places<2>>(lean(2));
}
TEST(parking_model, P7_a_task_is_taken_back) {
  expect_holds<taken_back<2>>(interleaved(1));
  expect_holds<taken_back<2>>(lean(0));
}
TEST(parking_model, P7_a_place_is_borrowed_and_given_back) {
  expect_holds<borrowed<1>>(lean(1));
  expect_holds<borrowed<1>>(interleaved(2));
}
TEST(parking_model, P7_a_place_is_given_back_beside_a_fork) { expect_holds<given_back_beside_a_fork>(lean(1)); }
TEST(parking_model, P7_a_place_is_given_back_beside_a_search) {
  expect_holds<forked_beside_a_search<true>>(interleaved(1));
}
TEST(parking_model_long, P7_a_place_is_borrowed_and_given_back) {
  expect_holds<borrowed<1>>(interleaved(3));
  expect_holds<borrowed<2>>(interleaved(1));
}
TEST(parking_model_long, P7_a_place_is_given_back_beside_a_fork) { expect_holds<given_back_beside_a_fork>(lean(2)); }
TEST(parking_model_long, P1_workers_lie_down_as_tasks_come_from_outside) {
  (expect_holds<published_from_outside<1, 1, 2>>(lean(3)));
  (expect_holds<published_from_outside<2, 1, 1>>(lean(2)));
  (expect_holds<published_from_outside<2, 1, 1>>(interleaved(3)));
  (expect_holds<published_from_outside<1, 2, 1>>(interleaved(3)));
}
TEST(parking_model_long, P8_a_push_beside_a_search) { expect_holds<pushed_beside_a_search>(interleaved(2)); }
TEST(parking_model_long, P4_P6_P8_a_worker_pushes_and_computes) {
  (expect_holds<pushed_to_the_queue<3, 1>>(interleaved(2)));
}
TEST(parking_model_long, P3_the_last_searcher_wakes_the_next) {
  (expect_holds<pushed_to_the_queue<3, 2, tasks::first_waits_for_second>>(interleaved(2)));
}
TEST(parking_model_long, P4_forks_reach_who_lies_down) { (expect_holds<forked<3, 1>>(interleaved(2))); }
// What docs/protocols/parking.md says about P4: not a promise, but nobody may believe that there is none.
TEST(parking_model, P4_an_outdated_read_leaves_a_fork_beside_a_search) {
  expect_fails<forked_beside_a_search<false>>("deadlock", lean(0));
}

}  // namespace
