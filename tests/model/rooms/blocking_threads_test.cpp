// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_THREADS_HEADER "modelled_threads.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "blocking_threads_model.hpp"
#include "bounds.hpp"
#include "gather_frames.hpp"

// The shipped source, compiled against the same atomics.
#include "blocking_threads.cpp"
#include "scope.cpp"

namespace magpie::detail {

void name_this_thread(const std::string&, const std::string&) {}

}  // namespace magpie::detail

namespace blocking_threads_model {
namespace {

// All that it shares is under one mutex: there is nothing outdated to read, and interleavings are all there is.
using model::expect_holds;
using rooms::interleaved;

TEST(blocking_threads_model, K1_a_call_is_run) {
  (expect_holds<calls_are_run<shape{.calls = 1}>>(interleaved(4)));
  (expect_holds<calls_are_run<shape{.calls = 2, .one_at_a_time = true}>>(interleaved(2)));
}
TEST(blocking_threads_model, K2_an_idle_thread_is_woken) {
  (expect_holds<calls_are_run<shape{.calls = 2, .patient = true, .one_at_a_time = true}>>(interleaved(2)));
  (expect_holds<calls_are_run<shape{.calls = 3, .meet = true, .first_alone = true, .patient = true}>>(interleaved(0)));
}
TEST(blocking_threads_model, K2_each_has_a_thread) {
  (expect_holds<calls_are_run<shape{.calls = 2, .meet = true}>>(interleaved(1)));
  (expect_holds<calls_are_run<shape{.calls = 2, .workers = 2, .meet = true}>>(interleaved(1)));
  (expect_holds<calls_are_run<shape{.calls = 3, .meet = true, .first_alone = true}>>(interleaved(0)));
}
TEST(blocking_threads_model, K3_no_more_at_a_time_than_the_cap_allows) {
  (expect_holds<calls_are_run<shape{.calls = 2, .most = 1}>>(interleaved(2)));
  (expect_holds<calls_are_run<shape{.calls = 3, .most = 2}>>(interleaved(0)));
}
TEST(blocking_threads_model, no_thread_can_be_started) {
  (expect_holds<calls_are_run<shape{.calls = 2, .can_start = 0}>>(interleaved(2)));
  (expect_holds<calls_are_run<shape{.calls = 2, .can_start = 1}>>(interleaved(2)));
  (expect_holds<calls_are_run<shape{.calls = 2, .can_start = 1, .patient = true}>>(interleaved(2)));
  (expect_holds<calls_are_run<shape{.calls = 2, .fail = 1}>>(interleaved(2)));
}

TEST(blocking_threads_model_long, K1_a_call_is_run) {
  (expect_holds<calls_are_run<shape{.calls = 2, .one_at_a_time = true}>>(interleaved(3)));
  (expect_holds<calls_are_run<shape{.calls = 3, .one_at_a_time = true}>>(interleaved(1)));
}
TEST(blocking_threads_model_long, K2_each_has_a_thread) {
  (expect_holds<calls_are_run<shape{.calls = 2, .meet = true}>>(interleaved(2)));
  (expect_holds<calls_are_run<shape{.calls = 3, .most = 3, .meet = true}>>(interleaved(0)));
}
TEST(blocking_threads_model_long, K3_no_more_at_a_time_than_the_cap_allows) {
  (expect_holds<calls_are_run<shape{.calls = 3, .most = 2}>>(interleaved(1)));
}

}  // namespace
}  // namespace blocking_threads_model
