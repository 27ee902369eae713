#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "waiter_list_model.hpp"

#include <gtest/gtest.h>

namespace waiter_list_model {
namespace {

using model::expect_holds;
using model::unbounded;
using rooms::lean;

TEST(waiter_list_model, L3_who_looks_sees_what_came_before) { expect_holds<looked_at>({.preemptions = unbounded}); }
TEST(waiter_list_model, L3_each_is_refused_or_woken) {
  (expect_holds<fired_once<stay::waits>>({.preemptions = unbounded}));
  (expect_holds<fired_once<stay::waits, stay::waits>>({.preemptions = 3}));
}
TEST(waiter_list_model, L1_each_is_woken_or_has_left) {
  (expect_holds<fired_once<stay::leaves>>({.preemptions = unbounded}));
  (expect_holds<fired_once<stay::leaves, stay::waits>>({.preemptions = 3}));
  (expect_holds<fired_once<stay::leaves, stay::leaves>>({.preemptions = 3}));
}
TEST(waiter_list_model, L2_the_last_frees_it) { expect_holds<dropped_by_the_last>({.preemptions = 3}); }
TEST(waiter_list_model, more_wait_than_one_hold_takes) {
  expect_holds<many<150>>({.preemptions = 0, .max_steps = 20'000});
}

}  // namespace
}  // namespace waiter_list_model
