#include <magpie/model/expectations.hpp>

#include "source_word_model.hpp"

namespace source_word_model {
namespace {

using model::expect_holds;
using model::unbounded;

TEST(source_word_model, the_handle_is_dropped) {
  expect_holds<holder_and_task<holder::abandons>>({.preemptions = unbounded});
}
TEST(source_word_model, found_ready_or_dropped) {
  expect_holds<holder_and_task<holder::takes>>({.preemptions = unbounded});
}
TEST(source_word_model, a_thread_waits) { expect_holds<holder_and_task<holder::waits>>({.preemptions = unbounded}); }
TEST(source_word_model, a_thread_waits_for_some_time_and_then_for_ever) {
  expect_holds<holder_and_task<holder::waits_timed>>({.preemptions = unbounded});
}
TEST(source_word_model, a_thread_waits_for_some_time_and_drops_it) {
  expect_holds<holder_and_task<holder::gives_up>>({.preemptions = unbounded});
}
TEST(source_word_model, a_thread_waits_twice_and_drops_it) {
  expect_holds<holder_and_task<holder::waits_again>>({.preemptions = unbounded});
}
TEST(source_word_model, a_waiter_that_gives_up_has_left) { expect_holds<nothing_happens>(); }
TEST(source_word_model, somebody_polls) { expect_holds<holder_and_task<holder::polls>>({.preemptions = unbounded}); }
TEST(source_word_model, a_second_waiter_is_told) { expect_holds<two_waiters>({.preemptions = unbounded}); }
TEST(source_word_model, the_handle_moves_to_another_thread) { expect_holds<handle_moves>({.preemptions = 3}); }

}  // namespace
}  // namespace source_word_model
