// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
// The whole of magpie below the locks takes its atomics from here.
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "turn_wait_model.hpp"
#include "waiting_tasks_sources.hpp"

namespace turn_wait_model {
namespace {

using model::expect_holds;
using rooms::interleaved;
using rooms::lean;

TEST(turn_wait_model, Y1_a_permit_meets_one_who_waits) {
  (expect_holds<scene<released_from_outside<0>>>(lean(3)));
  (expect_holds<scene<released_from_outside<0, 2>>>(lean(1)));
}
TEST(turn_wait_model, Y1_a_permit_meets_a_stop) {
  (expect_holds<scene<released_from_outside<1>>>(lean(1)));
  (expect_holds<scene<released_from_outside<1>>>(interleaved(2)));
}
TEST(turn_wait_model, Y1_a_permit_goes_from_task_to_task) {
  (expect_holds<scene<one_permit<2, 2, 0>>>(lean(2)));
  (expect_holds<scene<one_permit<2, 2, 1>>>(lean(1)));
}
TEST(turn_wait_model, Y2_who_was_granted_destroys_it) {
  expect_holds<scene<destroyed_by_who_was_granted>>(lean(3));
  expect_holds<scene<a_mutex_destroyed_by_who_was_granted>>(lean(3));
}
TEST(turn_wait_model, Y3_first_come_first_served) {
  (expect_holds<scene<in_the_order_of_their_coming<0>>>(lean(2)));
  (expect_holds<scene<in_the_order_of_their_coming<1>>>(lean(1)));
  expect_holds<scene<two_at_once<false>>>(lean(2));
  expect_holds<scene<two_at_once<true>>>(lean(2));
}
TEST(turn_wait_model, a_mutex_excludes) {
  (expect_holds<scene<excluded<2, 2, 0, 0>>>(lean(2)));
  (expect_holds<scene<excluded<2, 2, 1, 0>>>(lean(1)));
  (expect_holds<scene<excluded<2, 2, 0, 1>>>(lean(2)));
  (expect_holds<scene<excluded<1, 1, 1, 1>>>(lean(2)));
}
TEST(turn_wait_model, Y5_waiters_for_a_mutex_give_up) {
  (expect_holds<scene<waiters_give_up<1, 1>>>(lean(2)));
  (expect_holds<scene<waiters_give_up<2, 1>>>(lean(1)));
  (expect_holds<scene<waiters_give_up<2, 2>>>(interleaved(1)));
}
TEST(turn_wait_model_long, Y5_waiters_for_a_mutex_give_up) {
  (expect_holds<scene<waiters_give_up<1, 1>>>(lean(3)));
  (expect_holds<scene<waiters_give_up<2, 2>>>(lean(0)));
}
TEST(turn_wait_model, Y4_a_writer_gives_up) { expect_holds<scene<a_writer_gives_up>>(lean(2)); }
TEST(turn_wait_model, Y3_readers_and_a_writer) {
  (expect_holds<scene<written_between_reads<1, 1, 0>>>(lean(2)));
  (expect_holds<scene<written_between_reads<1, 2, 0>>>(lean(1)));
  (expect_holds<scene<written_between_reads<1, 1, 1>>>(lean(1)));
  expect_holds<scene<who_tries_does_not_overtake>>(lean(3));
}

}  // namespace
}  // namespace turn_wait_model
