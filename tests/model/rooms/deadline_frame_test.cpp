// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
// The whole of magpie below with_deadline() takes its atomics from here.
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "deadline_frame_model.hpp"
#include "gather_frames.hpp"

// The shipped sources, compiled against the same atomics.
#include "blocked_task.cpp"
#include "clock.cpp"
#include "deadline_frame.cpp"
#include "ending.cpp"
#include "errors.cpp"
#include "scope.cpp"

namespace magpie::detail {

constinit thread_local worker_context* current_worker = nullptr;
void wake_sleeper(worker_context&) noexcept {}       // nobody sleeps
std::int64_t monotonic_now() noexcept { return 0; }  // each deadline is still to come

}  // namespace magpie::detail

namespace deadline_frame_model {
namespace {

using model::expect_holds;
using model::unbounded;

model::options bound(int preemptions) { return {.preemptions = preemptions, .max_steps = 400, .stale_reads = 1}; }

TEST(deadline_frame_model, opened_and_closed) {
  (expect_holds<opened_and_closed<inside::nothing>>(bound(4)));
  (expect_holds<opened_and_closed<inside::is_stopped>>(bound(3)));
  (expect_holds<opened_and_closed<inside::reschedules>>(bound(3)));
  (expect_holds<opened_and_closed<inside::reschedules_to_never>>(bound(3)));
}
TEST(deadline_frame_model, a_child_that_does_not_wait) {
  (expect_holds<scene<child_ends, 1>>(bound(2)));
  (expect_holds<scene<child_fails, 1>>(bound(2)));
}
TEST(deadline_frame_model, the_deadline_alone_wakes) {
  (expect_holds<scene<waits_for_nothing, 1>>(bound(2)));
  (expect_holds<scene<waits_for_nothing, 2>>(bound(0)));
}
TEST(deadline_frame_model, a_source_or_the_deadline) {
  (expect_holds<scene<waits_for_a_source, 1>>(bound(0)));
  (expect_holds<scene<waits_for_a_source, 1>>(rooms::interleaved(2)));
  (expect_holds<scene<waits_for_a_source, 2>>(rooms::interleaved(1)));
}
TEST(deadline_frame_model, a_stop_or_the_deadline) {
  (expect_holds<scene<is_stopped_from_outside, 1>>(bound(1)));
  (expect_holds<scene<is_stopped_from_outside, 1>>(rooms::interleaved(2)));
}
TEST(deadline_frame_model, a_source_a_stop_or_the_deadline) {
  (expect_holds<scene<waits_for_a_source_and_is_stopped, 1>>(bound(0)));
  (expect_holds<scene<waits_for_a_source_and_is_stopped, 1>>(rooms::interleaved(1)));
}
TEST(deadline_frame_model, two_sleep_below_the_deadline) { (expect_holds<scene<gather_of_two, 1>>(bound(0))); }

TEST(deadline_frame_model_long, the_deadline_alone_wakes) {
  (expect_holds<scene<waits_for_nothing, 1>>(bound(3)));
  (expect_holds<scene<waits_for_nothing, 2>>(rooms::interleaved(1)));
}
TEST(deadline_frame_model_long, a_source_or_the_deadline) { (expect_holds<scene<waits_for_a_source, 1>>(bound(1))); }
TEST(deadline_frame_model_long, a_stop_or_the_deadline) { (expect_holds<scene<is_stopped_from_outside, 1>>(bound(2))); }
TEST(deadline_frame_model_long, two_sleep_below_the_deadline) {
  (expect_holds<scene<gather_of_two, 1>>(rooms::interleaved(2)));
}

}  // namespace
}  // namespace deadline_frame_model
