// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "gather_frames.hpp"
#include "group_state_model.hpp"

// The shipped sources, compiled against the same atomics.
#include "group_state.cpp"
#include "scope.cpp"
#include "stop_state.cpp"

namespace magpie::detail {

constinit thread_local worker_context* current_worker = nullptr;

}  // namespace magpie::detail

namespace group_state_model {
namespace {

using model::expect_holds;
using rooms::lean;

TEST(group_state_model, the_last_of_body_and_children_ends_it) {
  (expect_holds<group_ends<shape{.children = 1}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 2}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 1, .fails = true}>>(lean(3)));
}
TEST(group_state_model, ends_while_it_is_cancelled) {
  (expect_holds<group_ends<shape{.children = 0, .cancels = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 0, .waits = true, .cancels = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 1, .cancels = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 1, .fails = true, .cancels = true}>>(lean(2)));
}
TEST(group_state_model, the_body_quits) {
  (expect_holds<group_ends<shape{.children = 1, .quits = true}>>(lean(3)));
  (expect_holds<group_ends<shape{.children = 2, .quits = true}>>(lean(1)));
}
TEST(group_state_model, ends_while_it_is_stopped_from_outside) {
  (expect_holds<group_ends<shape{.children = 1, .stopped = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 0, .stops = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 1, .stops = true}>>(lean(2)));
}
TEST(group_state_model, a_child_comes_late) {
  (expect_holds<group_ends<shape{.children = 0, .spawns = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 1, .spawns = true}>>(lean(2)));
}
TEST(group_state_model, a_token_is_asked_for_late) {
  (expect_holds<group_ends<shape{.children = 0, .asks = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 1, .cancels = true, .asks = true}>>(lean(1)));
  (expect_holds<group_ends<shape{.children = 1, .asks = true}>>(lean(2)));
}
TEST(group_state_model, the_body_joins) {
  (expect_holds<group_ends<shape{.children = 1, .joins = true}>>(lean(3)));
  (expect_holds<group_ends<shape{.children = 2, .joins = true}>>(lean(1)));
}
TEST(group_state_model, somebody_joins_late) {
  (expect_holds<group_ends<shape{.children = 0, .late = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 1, .late = true}>>(lean(2)));
}
TEST(group_state_model, the_body_is_put_off) {
  (expect_holds<group_ends<shape{.children = 1, .put_off = true}>>(lean(3)));
  (expect_holds<group_ends<shape{.children = 2, .put_off = true}>>(lean(1)));
}
TEST(group_state_model, a_limit_is_kept) {
  (expect_holds<group_ends<shape{.children = 2, .limit = 1}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 2, .limit = 1, .spawns = true}>>(rooms::interleaved(1)));
}

TEST(group_state_model, G3_places_are_held_for_a_row_of_children) {
  (expect_holds<group_ends<shape{.children = 1, .row = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 2, .row = true}>>(lean(3)));
  (expect_holds<group_ends<shape{.children = 2, .row = true, .fails = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 2, .row = true, .joins = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 2, .row = true, .put_off = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 1, .row = true, .spawns = true}>>(lean(2)));
}
TEST(group_state_model, G3_the_body_goes_on_elsewhere) {
  (expect_holds<group_ends<shape{.children = 0, .moves = true}>>(lean(4)));
  (expect_holds<group_ends<shape{.children = 1, .moves = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 1, .moves = true, .joins = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 1, .moves = true, .put_off = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 0, .moves = true, .looks = true}>>(lean(2)));
}
TEST(group_state_model, G3_held_places_are_no_children) {
  (expect_holds<group_ends<shape{.children = 1, .row = true, .looks = true}>>(lean(2)));
  (expect_holds<group_ends<shape{.children = 2, .row = true, .looks = true}>>(lean(1)));
}

TEST(group_state_model_long, a_token_is_asked_for_late) {
  (expect_holds<group_ends<shape{.children = 1, .cancels = true, .asks = true}>>(lean(2)));
}
TEST(group_state_model_long, G3_held_places_are_no_children) {
  (expect_holds<group_ends<shape{.children = 1, .row = true, .looks = true}>>(lean(3)));
  (expect_holds<group_ends<shape{.children = 2, .row = true, .looks = true}>>(lean(2)));
}
TEST(group_state_model_long, the_last_of_body_and_children_ends_it) {
  (expect_holds<group_ends<shape{.children = 2}>>(lean(3)));
  (expect_holds<group_ends<shape{.children = 1, .stops = true}>>(lean(3)));
}

}  // namespace
}  // namespace group_state_model
