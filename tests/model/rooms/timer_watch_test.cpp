#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "timer_watch_model.hpp"

namespace timer_watch_model {
namespace {

using model::expect_holds;
using model::unbounded;
using rooms::lean;

TEST(timer_watch_model, the_guard_is_told_of_the_end) { expect_holds<guard_ends>({.preemptions = unbounded}); }
TEST(timer_watch_model, the_guard_fires_what_nobody_else_does) {
  (expect_holds<guarded<1, 1, false>>(lean(3)));
  (expect_holds<guarded<1, 1, true>>(lean(2)));
  (expect_holds<guarded<2, 1, true>>(lean(0)));
  (expect_holds<guarded<2, 2, false>>(lean(0)));
}
TEST(timer_watch_model, the_keeper_does_not_oversleep) {
  (expect_holds<kept<1, 1, 1>>({.preemptions = unbounded}));
  (expect_holds<kept<1, 1, 2>>(lean(3)));
  (expect_holds<kept<1, 1, 1, true>>({.preemptions = unbounded}));
  (expect_holds<kept<1, 2, 2, true>>(lean(3)));
  (expect_holds<kept<2, 2, 1>>(lean(2)));
  (expect_holds<kept<2, 1, 2>>(lean(2)));
}
TEST(timer_watch_model, there_is_one_keeper) { expect_holds<two_keepers>({.preemptions = unbounded}); }

TEST(timer_watch_model_long, the_guard_fires_what_nobody_else_does) {
  (expect_holds<guarded<1, 1, true>>(lean(4)));
  (expect_holds<guarded<2, 1, true>>(lean(1)));
  (expect_holds<guarded<2, 2, false>>(lean(1)));
}
TEST(timer_watch_model_long, the_keeper_does_not_oversleep) {
  (expect_holds<kept<2, 2, 1>>(lean(4)));
  (expect_holds<kept<2, 1, 2>>(lean(3)));
}

}  // namespace
}  // namespace timer_watch_model
