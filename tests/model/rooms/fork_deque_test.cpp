#include <magpie/model/expectations.hpp>

#include "fork_deque_model.hpp"

namespace fork_deque_model {
namespace {

using model::expect_holds;
using model::unbounded;

TEST(fork_deque_model, one_thief_and_the_last_two_entries) {
  (expect_holds<push_pop_steal<2, 2, 2, 2, 2>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, one_thief_while_the_ring_grows) {
  (expect_holds<push_pop_steal<2, 2, 3, 1, 2>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, two_thieves_and_the_last_two_entries) {
  (expect_holds<push_pop_steal<3, 2, 2, 2, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, two_thieves_while_the_ring_grows) {
  (expect_holds<push_pop_steal<3, 2, 3, 1, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, the_indices_wrap_around) {
  (expect_holds<push_pop_steal<2, 2, 2, 2, 2, 3>>({.preemptions = unbounded}));
  (expect_holds<push_pop_steal<2, 2, 3, 2, 2, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, the_last_entry_again_and_again) {
  (expect_holds<last_entry<2, 2, 2>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, a_slot_is_used_again) { (expect_holds<slot_reuse<3, 1, 1>>({.preemptions = unbounded})); }
TEST(fork_deque_model, floor_and_take) { (expect_holds<floor_and_take<2, 2>>({.preemptions = unbounded})); }
TEST(fork_deque_model, no_memory_to_grow) { (expect_holds<no_memory<2, 2>>({.preemptions = unbounded})); }

TEST(fork_deque_model, two_thieves_while_the_ring_grows_and_is_emptied) {
  (expect_holds<push_pop_steal<3, 2, 3, 2, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, two_thieves_and_indices_that_wrap) {
  (expect_holds<push_pop_steal<3, 2, 3, 2, 1, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, two_thieves_and_the_last_entry_again_and_again) {
  (expect_holds<last_entry<3, 2, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model, two_slots_are_used_again) { (expect_holds<slot_reuse<3, 2, 1>>({.preemptions = unbounded})); }

TEST(fork_deque_model_long, floor_and_take_and_two_thieves) {
  (expect_holds<floor_and_take<3, 1>>({.preemptions = unbounded}));
}
TEST(fork_deque_model_long, two_slots_are_used_again_and_thieves_come_back) {
  (expect_holds<slot_reuse<3, 2, 2>>({.preemptions = 2}));
}

}  // namespace
}  // namespace fork_deque_model
