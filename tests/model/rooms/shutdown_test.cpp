#include <magpie/model/expectations.hpp>

#include "shutdown_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;

// Many steps of many threads: one outdated read in a row, no failures for no reason.
constexpr model::options bound(int preemptions) {
  return {.preemptions = preemptions, .stale_reads = 1, .spurious = 0};
}

TEST(shutdown_model, workers_lie_down_as_the_end_comes) {
  expect_holds<ended_while_lying_down<1>>({.preemptions = 3});
  expect_holds<ended_while_lying_down<2>>(bound(1));
}
TEST(shutdown_model, a_start_from_outside_meets_the_end) { expect_holds<started_against_the_end<1>>(bound(1)); }
TEST(shutdown_model, a_task_goes_on_from_outside_as_the_end_comes) { expect_holds<resumed_against_the_end<1>>(bound(1)); }
TEST(shutdown_model, tasks_start_tasks_as_the_end_comes) {
  expect_holds<started_within_at_the_end<1>>(bound(2));
  expect_holds<started_within_at_the_end<2>>(bound(1));
}

}  // namespace
