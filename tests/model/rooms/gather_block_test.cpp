// Without assertions: J4's would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
// The whole of magpie below gather() takes its atomics from here.
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "gather_block_model.hpp"
#include "gather_frames.hpp"

// The shipped sources, compiled against the same atomics.
#include "ending.cpp"
#include "errors.cpp"
#include "scope.cpp"

namespace magpie::detail {

constinit thread_local worker_context* current_worker = nullptr;
void wake_sleeper(worker_context&) noexcept {}  // nobody sleeps

}  // namespace magpie::detail

namespace gather_block_model {
namespace {

using model::expect_holds;
using model::unbounded;

// Bounded throughout: a worker that looks for work would have no end of schedules.
model::options bound(int preemptions) { return {.preemptions = preemptions, .max_steps = 300, .stale_reads = 1}; }

// Where the last parameter is 1, an idle worker leaves when it has looked once in vain.
TEST(gather_block_model, two_children_and_two_workers) { (expect_holds<scene<two, 2>>(bound(3))); }
TEST(gather_block_model, three_children_and_two_workers) { (expect_holds<scene<three, 2>>(bound(3))); }
TEST(gather_block_model, two_children_and_three_workers) {
  (expect_holds<scene<two, 3>>(bound(1)));
  (expect_holds<scene<two, 3, 4, 99, 1>>(bound(2)));
}
TEST(gather_block_model, a_child_suspends) {
  (expect_holds<scene<two_of_which_suspend<1>, 2>>(bound(2)));
  (expect_holds<scene<two_of_which_suspend<2>, 2>>(bound(2)));
  (expect_holds<scene<two_of_which_suspend<3>, 1>>(bound(3)));
  (expect_holds<scene<two_of_which_suspend<3>, 2>>(bound(1)));
}
TEST(gather_block_model, nested) {
  (expect_holds<scene<nested<0>, 2>>(bound(3)));
  (expect_holds<scene<nested<3>, 1>>(bound(3)));
  (expect_holds<scene<nested<1>, 2>>(bound(1)));
}
TEST(gather_block_model, nested_twice_and_both_suspend) {
  (expect_holds<scene<nested_twice_and_suspends, 2>>(bound(0)));
}
TEST(gather_block_model, no_memory_for_the_inner_entry) { (expect_holds<scene<nested<0>, 2, 1, 2>>(bound(3))); }
TEST(gather_block_model, no_memory_when_the_next_child_starts) {
  (expect_holds<scene<nested_three, 2, 1, 2>>(bound(2)));
}
TEST(gather_block_model, the_first_child_fails) {
  (expect_holds<scene<first_fails_alone, 1>>(bound(3)));
  (expect_holds<scene<first_fails, 2>>(bound(2)));
}
TEST(gather_block_model, J7_what_starts_anyway) {
  (expect_holds<scene<first_fails_and_others_start_anyway<false>, 1>>(bound(3)));
  (expect_holds<scene<first_fails_and_others_start_anyway<true>, 1>>(bound(3)));
  (expect_holds<scene<first_fails_and_others_start_anyway<false>, 2>>(bound(2)));
  (expect_holds<scene<first_fails_and_others_start_anyway<true>, 2>>(bound(2)));
}
TEST(gather_block_model, J8_ranges) {
  (expect_holds<scene<range<3>, 2>>(bound(2)));
  (expect_holds<scene<range<4>, 2>>(bound(1)));
  (expect_holds<scene<range<5>, 2, 4, 99, 1>>(bound(1)));
  (expect_holds<scene<range<4>, 3, 4, 99, 1>>(bound(1)));
}
TEST(gather_block_model, J8_a_child_of_a_range_suspends) {
  (expect_holds<scene<range<3, 1>, 2>>(bound(1)));
  (expect_holds<scene<range<3, 4>, 2>>(bound(1)));
}
TEST(gather_block_model, J8_no_memory_for_the_entry_of_a_range) { (expect_holds<scene<range<3>, 2, 1, 2>>(bound(2))); }
TEST(gather_block_model, J8_the_first_of_a_range_fails) {
  (expect_holds<scene<first_of_range_fails<3>, 2>>(bound(2)));
  (expect_holds<scene<first_of_range_fails<4>, 2, 4, 99, 1>>(bound(1)));
}
TEST(gather_block_model, J7_J8_what_starts_anyway_in_a_range) {
  (expect_holds<scene<first_of_range_fails<3, 0b100>, 1>>(bound(3)));
  (expect_holds<scene<first_of_range_fails<3, 0b010>, 2>>(bound(2)));
  (expect_holds<scene<first_of_range_fails<3, 0b100>, 2>>(bound(2)));
  (expect_holds<scene<first_of_range_fails<4, 0b1010>, 2, 4, 99, 1>>(bound(1)));
}
TEST(gather_block_model, stopped_from_outside) { (expect_holds<scene<stopped_from_outside, 2>>(bound(2))); }

TEST(gather_block_model_long, two_children_and_three_workers) { (expect_holds<scene<two, 3, 4, 99, 1>>(bound(3))); }
TEST(gather_block_model_long, the_first_child_fails) { (expect_holds<scene<first_fails, 2>>(bound(3))); }
TEST(gather_block_model_long, J7_what_starts_anyway) {
  (expect_holds<scene<first_fails_and_others_start_anyway<false>, 2>>(bound(3)));
}
TEST(gather_block_model_long, J8_ranges) {
  (expect_holds<scene<range<3>, 2, 4, 99, 1>>(bound(3)));
  (expect_holds<scene<range<4>, 2, 4, 99, 1>>(bound(3)));
  (expect_holds<scene<range<5>, 2, 4, 99, 1>>(bound(2)));
}
TEST(gather_block_model_long, J7_J8_what_starts_anyway_in_a_range) {
  (expect_holds<scene<first_of_range_fails<4, 0b1000>, 2, 4, 99, 1>>(bound(3)));
}
TEST(gather_block_model_long, stopped_from_outside) { (expect_holds<scene<stopped_from_outside, 2>>(bound(3))); }
TEST(gather_block_model_long, a_child_suspends) {
  (expect_holds<scene<two_of_which_suspend<1>, 2, 4, 99, 1>>(bound(3)));
  (expect_holds<scene<two_of_which_suspend<2>, 2, 4, 99, 1>>(bound(3)));
}
TEST(gather_block_model_long, both_children_suspend) {
  (expect_holds<scene<two_of_which_suspend<3>, 2, 4, 99, 1>>(bound(2)));
}
TEST(gather_block_model_long, nested_and_a_child_suspends) { (expect_holds<scene<nested<1>, 2, 4, 99, 1>>(bound(2))); }
TEST(gather_block_model_long, nested_twice_and_both_suspend) {
  (expect_holds<scene<nested_twice_and_suspends, 2>>(bound(1)));
}

}  // namespace
}  // namespace gather_block_model
