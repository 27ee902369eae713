// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
// The whole of magpie below the channels takes its atomics from here.
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "channel_model.hpp"
#include "waiting_tasks_sources.hpp"

namespace channel_model {
namespace {

using model::expect_holds;
using rooms::interleaved;
using rooms::lean;

TEST(channel_model, a_value_comes_through) {
  (expect_holds<scene<one_value<0, 1, 0, false>>>(lean(4)));
  (expect_holds<scene<one_value<0, 2, 0, false>>>(lean(2)));
  (expect_holds<scene<one_value<1, 2, 0, false>>>(lean(2)));
}
TEST(channel_model, Y1_a_value_is_sent_or_its_sender_stopped) {
  (expect_holds<scene<one_value<0, 1, 1, false>>>(lean(2)));
  (expect_holds<scene<one_value<0, 2, 1, false>>>(lean(1)));
  (expect_holds<scene<one_value<0, 1, 2, false>>>(lean(1)));
}
TEST(channel_model, it_is_closed_meanwhile) {
  (expect_holds<scene<one_value<0, 1, 0, true>>>(lean(2)));
  (expect_holds<scene<one_value<1, 1, 0, true>>>(lean(2)));
  (expect_holds<scene<one_value<0, 1, 1, true>>>(lean(1)));
}
TEST(channel_model, values_come_in_order) {
  (expect_holds<scene<in_order<0, 2>>>(lean(1)));
  (expect_holds<scene<in_order<1, 2>>>(lean(1)));
  (expect_holds<scene<in_order<2, 2>>>(lean(2)));
}
TEST(channel_model, Y3_senders_wait_for_room) {
  (expect_holds<scene<two_senders<0>>>(lean(2)));
  (expect_holds<scene<two_senders<1>>>(lean(1)));
}
TEST(channel_model, Y3_receivers_wait_for_a_value) {
  (expect_holds<scene<two_receivers<0, 1>>>(lean(2)));
  (expect_holds<scene<two_receivers<1, 1>>>(lean(1)));
  (expect_holds<scene<two_receivers<1, 0>>>(lean(1)));
}
TEST(channel_model, Y2_who_is_woken_destroys_it) {
  expect_holds<scene<destroyed_by_who_received>>(lean(3));
  expect_holds<scene<destroyed_by_who_saw_it_closed>>(lean(3));
}

}  // namespace
}  // namespace channel_model
