#include <magpie/model/expectations.hpp>

#include "stop_tree_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;
using model::unbounded;

TEST(stop_tree_model, a_stop_above_is_found) {
  (expect_holds<stopped_above<1, 3>>({.preemptions = unbounded}));
  (expect_holds<stopped_above<2, 2>>({.preemptions = 3}));
}
TEST(stop_tree_model, a_scope_can_be_asked) { expect_holds<asked_without_a_worker>({.preemptions = unbounded}); }
TEST(stop_tree_model, a_stop_elsewhere_hides_none) { expect_holds<stopped_elsewhere_too>({.preemptions = unbounded}); }
TEST(stop_tree_model, who_requests_a_stop_finds_it) { expect_holds<stopped_twice>({.preemptions = unbounded}); }
TEST(stop_tree_model, what_a_thief_takes_over_is_true) { expect_holds<stolen_child>({.preemptions = unbounded}); }

}  // namespace
