// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
// The whole of magpie below the events takes its atomics from here.
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "event_model.hpp"
#include "waiting_tasks_sources.hpp"

namespace event_model {
namespace {

using model::expect_holds;
using rooms::interleaved;
using rooms::lean;

TEST(event_model, Y1_it_is_set_as_tasks_come) {
  (expect_holds<scene<set_from_outside<1, 1, 0>>>(lean(4)));
  (expect_holds<scene<set_from_outside<2, 1, 0>>>(lean(3)));
  (expect_holds<scene<set_from_outside<2, 2, 0>>>(lean(1)));
}
TEST(event_model, Y1_it_is_set_as_one_is_stopped) {
  (expect_holds<scene<set_from_outside<1, 1, 1>>>(lean(2)));
  (expect_holds<scene<set_from_outside<2, 1, 1>>>(lean(2)));
}
TEST(event_model, Y1_one_goes_on_for_each_set) {
  (expect_holds<scene<one_for_each_set<2, 1, 0>>>(lean(3)));
  (expect_holds<scene<one_for_each_set<2, 2, 0>>>(lean(1)));
  (expect_holds<scene<one_for_each_set<2, 2, 0>>>(interleaved(2)));
  (expect_holds<scene<one_for_each_set<2, 1, 1>>>(lean(1)));
}
TEST(event_model, Y2_a_latch_is_destroyed_by_who_waited) {
  expect_holds<scene<a_latch_destroyed_by_who_waited>>(lean(3));
}
TEST(event_model, a_barrier_holds_until_all_are_there) {
  (expect_holds<scene<two_phases<1, 0>>>(lean(4)));
  (expect_holds<scene<two_phases<2, 0>>>(lean(2)));
  (expect_holds<scene<two_phases<1, 1>>>(lean(2)));
  expect_holds<scene<in_pairs>>(lean(1));
}
TEST(event_model, Y4_who_was_stopped_in_a_barrier_has_not_arrived) {
  expect_holds<scene<stopped_as_the_last_arrives>>(lean(2));
  expect_holds<scene<stopped_in_a_later_phase>>(lean(1));
}

}  // namespace
}  // namespace event_model
