#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "stop_tree_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;
using model::unbounded;

TEST(stop_tree_model, a_stop_above_is_found) {
  (expect_holds<stopped_above<1, 3>>({.preemptions = unbounded}));
  (expect_holds<stopped_above<2, 2>>({.preemptions = 2}));
}
TEST(stop_tree_model, a_scope_can_be_asked) { expect_holds<asked_without_a_worker>({.preemptions = unbounded}); }
TEST(stop_tree_model, a_stop_elsewhere_hides_none) { expect_holds<stopped_elsewhere_too>({.preemptions = unbounded}); }
TEST(stop_tree_model, who_requests_a_stop_finds_it) { expect_holds<stopped_twice>({.preemptions = unbounded}); }
TEST(stop_tree_model, what_a_thief_takes_over_is_true) { expect_holds<stolen_child>({.preemptions = unbounded}); }

TEST(stop_tree_model, blocks_in_a_scope_that_is_stopped) {
  (expect_holds<blocks_while_stopped<1, 0>>({.preemptions = unbounded}));
}
TEST(stop_tree_model, blocks_below_a_scope_that_is_stopped) {
  (expect_holds<blocks_while_stopped<2, 0>>(lean(4)));
  (expect_holds<blocks_while_stopped<3, 0>>(lean(4)));
  (expect_holds<blocks_while_stopped<3, 1>>(lean(4)));
}
TEST(stop_tree_model, looks_beside_a_sleeper) {
  (expect_holds<looks_beside_a_sleeper<2>>(lean(1)));
  (expect_holds<looks_beside_a_sleeper<3>>(lean(1)));
}
TEST(stop_tree_model, two_block_and_share_the_way_up) {
  (expect_holds<two_block_while_stopped<1, false>>(lean(1)));
  (expect_holds<two_block_while_stopped<2, false>>(lean(1)));
  (expect_holds<two_block_while_stopped<1, true>>(lean(1)));
  (expect_holds<two_block_while_stopped<2, true>>(lean(1)));
  (expect_holds<two_block_while_stopped<3, true>>(lean(1)));
}
TEST(stop_tree_model, one_blocks_and_one_leaves) {
  (expect_holds<blocks_beside_one_that_leaves<1>>(lean(1)));
  (expect_holds<blocks_beside_one_that_leaves<2>>(lean(1)));
}
TEST(stop_tree_model, leaves_scopes_that_are_swept) {
  (expect_holds<leaves_while_stopped<1, 0>>({.preemptions = unbounded}));
  (expect_holds<leaves_while_stopped<2, 0>>(lean(4)));
  (expect_holds<leaves_while_stopped<3, 0>>(lean(4)));
  (expect_holds<leaves_while_stopped<3, 1>>(lean(4)));
}
TEST(stop_tree_model, two_leave_scopes_that_are_swept) {
  (expect_holds<two_leave_while_stopped<1>>(lean(1)));
  (expect_holds<two_leave_while_stopped<2>>(lean(1)));
}
TEST(stop_tree_model, two_requests_one_above_the_other) {
  (expect_holds<two_requests<3, 0, 1, true>>(lean(2)));
  (expect_holds<two_requests<3, 0, 2, true>>(lean(2)));
  (expect_holds<two_requests<2, 0, 1, false>>(lean(2)));
}
TEST(stop_tree_model, ends_while_it_is_cancelled) {
  (expect_holds<ends_while_cancelled<false, false>>({.preemptions = unbounded}));
  (expect_holds<ends_while_cancelled<true, false>>(lean(4)));
  (expect_holds<ends_while_cancelled<true, true>>(lean(2)));
}
TEST(stop_tree_model, blocks_again) {
  (expect_holds<blocks_again_while_stopped<2>>(lean(3)));
  (expect_holds<blocks_again_while_stopped<3>>(lean(3)));
}
TEST(stop_tree_model, a_request_returns_when_all_are_woken) {
  (expect_holds<fired_on_return<1>>({.preemptions = unbounded}));
  (expect_holds<fired_on_return<3>>(lean(3)));
  (expect_holds<taken_on_return>({.preemptions = unbounded}));
}
TEST(stop_tree_model, no_lock_is_held_for_long) {
  const model::options one{.preemptions = 0, .max_steps = 20'000};
  (expect_holds<many_linked<70, 90>>(one));
  (expect_holds<many_linked_below<70>>(one));
}
TEST(stop_tree_model, a_token_fires) {
  (expect_holds<tokens<1, 1, true>>({.preemptions = unbounded}));
  (expect_holds<tokens<2, 1, true>>(lean(4)));
  (expect_holds<tokens<1, 2, true>>(lean(2)));
  (expect_holds<tokens<2, 2, true>>(lean(1)));
}
TEST(stop_tree_model, a_token_outlives_its_scope) {
  (expect_holds<tokens<1, 1, false>>({.preemptions = unbounded}));
  (expect_holds<tokens<2, 1, false>>(lean(4)));
  (expect_holds<tokens<1, 2, false>>(lean(2)));
  (expect_holds<tokens<1, 1, false, 2>>(lean(4)));
  (expect_holds<token_of_one_that_ends<false>>(lean(4)));
  (expect_holds<token_of_one_that_ends<true>>(lean(4)));
}

TEST(stop_tree_model_long, a_stop_above_is_found) { (expect_holds<stopped_above<2, 2>>({.preemptions = 3})); }
TEST(stop_tree_model_long, blocks_below_a_scope_that_is_stopped) {
  (expect_holds<blocks_while_stopped<2, 0>>(lean(6)));
  (expect_holds<blocks_while_stopped<3, 0>>(lean(4)));
}
TEST(stop_tree_model_long, two_block_and_share_the_way_up) {
  (expect_holds<two_block_while_stopped<1, false>>(lean(2)));
  (expect_holds<two_block_while_stopped<2, false>>(lean(2)));
  (expect_holds<two_block_while_stopped<1, true>>(lean(2)));
  (expect_holds<two_block_while_stopped<2, true>>(rooms::interleaved(2)));
}
TEST(stop_tree_model_long, one_blocks_and_one_leaves) {
  (expect_holds<blocks_beside_one_that_leaves<1>>(lean(2)));
  (expect_holds<blocks_beside_one_that_leaves<2>>(lean(2)));
}
TEST(stop_tree_model_long, leaves_scopes_that_are_swept) {
  (expect_holds<leaves_while_stopped<2, 0>>(lean(6)));
  (expect_holds<leaves_while_stopped<3, 0>>(lean(4)));
}
TEST(stop_tree_model_long, two_leave_scopes_that_are_swept) {
  (expect_holds<two_leave_while_stopped<1>>(lean(2)));
  (expect_holds<two_leave_while_stopped<2>>(lean(2)));
}
TEST(stop_tree_model_long, two_requests_one_above_the_other) {
  (expect_holds<two_requests<3, 0, 1, true>>(lean(3)));
  (expect_holds<two_requests<3, 0, 2, true>>(lean(3)));
  (expect_holds<two_requests<2, 0, 1, false>>(lean(3)));
}
TEST(stop_tree_model_long, ends_while_it_is_cancelled) {
  (expect_holds<ends_while_cancelled<true, false>>(lean(6)));
  (expect_holds<ends_while_cancelled<true, true>>(lean(3)));
}
TEST(stop_tree_model_long, a_token_fires) { (expect_holds<tokens<2, 2, true>>(lean(2))); }

}  // namespace
