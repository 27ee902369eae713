#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "shutdown_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_fails;
using model::expect_holds;

TEST(shutdown_model, Z3_workers_lie_down_as_the_end_comes) {
  expect_holds<ended_while_lying_down<1>>({.preemptions = 3});
  expect_holds<ended_while_lying_down<2>>(lean(1));
}
TEST(shutdown_model, Z1_a_start_from_outside_meets_the_end) {
  expect_holds<started_against_the_end<1>>(lean(1));
  expect_holds<started_against_the_end<1>>(interleaved(2));
}
TEST(shutdown_model, Z1_who_started_a_task_is_waited_for) { expect_holds<ended_by_what_was_started<1>>(lean(1)); }
TEST(shutdown_model, Z1_a_task_goes_on_from_outside_as_the_end_comes) {
  expect_holds<resumed_against_the_end<1>>(lean(1));
  expect_holds<resumed_against_the_end<1>>(interleaved(2));
}
TEST(shutdown_model, Z2_tasks_start_tasks_as_the_end_comes) {
  expect_holds<started_within_at_the_end<1>>(lean(3));
  expect_holds<started_within_at_the_end<2>>(interleaved(1));
}

TEST(shutdown_model, Z4_a_borrowed_worker_meets_the_end) {
  expect_holds<borrowed_against_the_end<1>>(lean(1));
  expect_holds<borrowed_against_the_end<1>>(interleaved(2));
  expect_holds<ended_by_what_a_borrower_ran<1>>(lean(1));
  expect_holds<ended_by_what_a_borrower_ran<1>>(interleaved(2));
}
TEST(shutdown_model, Z5_who_waits_for_a_task_meets_the_end) {
  expect_holds<waited_for_against_the_end<1>>(lean(0));
  expect_holds<waited_for_against_the_end<1>>(interleaved(2));
  expect_holds<waited_for_against_the_end<2>>(interleaved(1));
}
TEST(shutdown_model, Z5_a_pool_that_was_only_looked_up_may_be_gone) {
  (expect_fails<waited_for_against_the_end<1, keeping::after_a_look>>("pool", lean(1)));
}
TEST(shutdown_model_long, Z4_a_borrowed_worker_meets_the_end) {
  expect_holds<borrowed_against_the_end<1>>(interleaved(2));
  expect_holds<borrowed_against_the_end<2>>(interleaved(1));
  expect_holds<ended_by_what_a_borrower_ran<1>>(lean(2));
}
TEST(shutdown_model_long, Z3_workers_lie_down_as_the_end_comes) { expect_holds<ended_while_lying_down<2>>(lean(2)); }
TEST(shutdown_model_long, Z1_a_start_from_outside_meets_the_end) {
  expect_holds<started_against_the_end<1>>(interleaved(3));
}
TEST(shutdown_model_long, Z1_a_task_goes_on_from_outside_as_the_end_comes) {
  expect_holds<resumed_against_the_end<1>>(interleaved(3));
}
TEST(shutdown_model_long, Z2_tasks_start_tasks_as_the_end_comes) {
  expect_holds<started_within_at_the_end<2>>(lean(1));
  expect_holds<started_within_at_the_end<2>>(interleaved(2));
}
TEST(shutdown_model_long, Z5_who_waits_for_a_task_meets_the_end) {
  expect_holds<waited_for_against_the_end<1>>(lean(1));
  expect_holds<waited_for_against_the_end<2>>(lean(0));
}

}  // namespace
