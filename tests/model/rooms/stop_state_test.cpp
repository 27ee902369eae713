// Without assertions: theirs would be steps of their own.
#if !defined(NDEBUG)
#define NDEBUG
#endif
#define MAGPIE_ATOMICS_HEADER "gather_atomics.hpp"
#define MAGPIE_POOL_FRAMES 1

#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "gather_frames.hpp"
#include "stop_state_model.hpp"

// The shipped sources, compiled against the same atomics.
#include "scope.cpp"
#include "stop_state.cpp"

namespace stop_state_model {
namespace {

using model::expect_holds;
using rooms::lean;

const model::options everything{.preemptions = model::unbounded};

TEST(stop_state_model, K2_the_last_one_frees) {
  (expect_holds<requested_beside_listeners<2, 0, true>>(everything));
  (expect_holds<requested_beside_listeners<3, 0, true>>(lean(3)));
}
TEST(stop_state_model, K3_none_is_called_after_its_removal) {
  (expect_holds<requested_beside_listeners<1, 1, true>>(everything));
  (expect_holds<requested_beside_listeners<1, 2, true>>(lean(3)));
  (expect_holds<requested_beside_listeners<2, 1, true>>(lean(3)));
}
// After those above: a call without an end would not let go of these.
TEST(stop_state_model, each_is_called_or_refused) {
  (expect_holds<requested_beside_listeners<1, 1, false>>(everything));
  (expect_holds<requested_beside_listeners<1, 2, false>>(lean(3)));
  (expect_holds<requested_beside_listeners<2, 1, false>>(lean(3)));
}
TEST(stop_state_model, K3_the_next_call_waits_for_a_removal) { (expect_holds<removed_while_the_next_waits>(lean(3))); }
TEST(stop_state_model, K3_a_callback_removes_in_its_call) {
  (expect_holds<removes_in_its_call<whom::itself>>(lean(3)));
  (expect_holds<removes_in_its_call<whom::the_next>>(lean(3)));
  (expect_holds<removes_in_its_call<whom::the_one_before>>(lean(3)));
}
TEST(stop_state_model, of_a_scope) {
  (expect_holds<of_a_scope<1>>(lean(3)));
  (expect_holds<of_a_scope<2>>(lean(3)));
  expect_holds<its_scope_ends>(everything);
}

}  // namespace
}  // namespace stop_state_model
