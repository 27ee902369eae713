// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
// The whole of magpie below as_completed() takes its atomics from here.
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "completed_feed_model.hpp"
#include "waiting_tasks_sources.hpp"

// The shipped sources, compiled against the same atomics.
#include "as_completed.cpp"
#include "self_wait.cpp"
#include "spawned.cpp"
#include "timed_wait.cpp"

namespace magpie::detail {

// No thread waits here, and nobody forks.
void futex_wait(atomics::atomic<std::uint32_t>&, std::uint32_t, std::int64_t) noexcept {}
void futex_wake_one(atomics::atomic<std::uint32_t>&) noexcept {}
bool comes_soon(const wake_flag<>&) noexcept { return false; }
bool process_bound::any_inherited_ = false;
bool process_bound::finds(const void*) noexcept { return false; }
bool process_bound::keep(const void*) noexcept { return false; }

}  // namespace magpie::detail

namespace completed_feed_model {
namespace {

using model::expect_holds;
using rooms::interleaved;
using rooms::lean;

template <shape Is>
using play = scene<takes_what_ends<Is>>;

TEST(completed_feed_model, all_are_given) {
  (expect_holds<play<shape{.tasks = 1}>>(lean(4)));
  (expect_holds<play<shape{.tasks = 1, .workers = 2}>>(lean(1)));
  (expect_holds<play<shape{.tasks = 2}>>(lean(3)));
  (expect_holds<play<shape{.tasks = 2, .enders = 2}>>(lean(2)));
}
TEST(completed_feed_model, A1_the_stream_goes_before_all_have_ended) {
  (expect_holds<play<shape{.tasks = 1, .takes = 0}>>(lean(4)));
  (expect_holds<play<shape{.tasks = 2, .takes = 1}>>(lean(3)));
  (expect_holds<play<shape{.tasks = 2, .enders = 2, .takes = 1}>>(lean(2)));
}
TEST(completed_feed_model, A2_a_stop_ends_the_wait) {
  (expect_holds<play<shape{.tasks = 1, .stops = 1}>>(lean(2)));
  (expect_holds<play<shape{.tasks = 2, .stops = 1}>>(lean(1)));
  (expect_holds<play<shape{.tasks = 1, .workers = 2, .stops = 1}>>(lean(0)));
}
TEST(completed_feed_model, A2_a_deadline_ends_the_wait) {
  (expect_holds<play<shape{.tasks = 1, .timed = true}>>(lean(1)));
  (expect_holds<play<shape{.tasks = 1, .timed = true}>>(interleaved(2)));
  (expect_holds<play<shape{.tasks = 1, .timed = true, .starved = true}>>(lean(0)));
  (expect_holds<play<shape{.tasks = 1, .timed = true, .takes = 0}>>(lean(1)));
  (expect_holds<play<shape{.tasks = 1, .stops = 1, .timed = true}>>(lean(0)));
  (expect_holds<play<shape{.tasks = 1, .stops = 1, .timed = true}>>(interleaved(1)));
}
TEST(completed_feed_model, A4_the_handle_was_used_meanwhile) {
  (expect_holds<play<shape{.tasks = 1, .takes = 0, .uses_them = true}>>(lean(4)));
  (expect_holds<play<shape{.tasks = 2, .enders = 2, .takes = 0, .uses_them = true}>>(lean(2)));
  (expect_holds<play<shape{.tasks = 2, .enders = 2, .takes = 1, .uses_them = true}>>(lean(2)));
  (expect_holds<play<shape{.tasks = 1, .takes = 0, .uses_them = true, .replaces = true}>>(lean(4)));
}

TEST(completed_feed_model_long, all_are_given) {
  (expect_holds<play<shape{.tasks = 1, .workers = 2}>>(lean(2)));
  (expect_holds<play<shape{.tasks = 2, .enders = 2}>>(interleaved(3)));
}
TEST(completed_feed_model_long, A1_the_stream_goes_before_all_have_ended) {
  (expect_holds<play<shape{.tasks = 2, .enders = 2, .takes = 1}>>(interleaved(3)));
}
TEST(completed_feed_model_long, A2_a_stop_or_a_deadline_ends_the_wait) {
  (expect_holds<play<shape{.tasks = 2, .enders = 2, .stops = 1}>>(lean(1)));
  (expect_holds<play<shape{.tasks = 1, .timed = true}>>(lean(2)));
  (expect_holds<play<shape{.tasks = 1, .stops = 1, .timed = true}>>(interleaved(2)));
}
}  // namespace
}  // namespace completed_feed_model
