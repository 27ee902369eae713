#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "timer_heap_model.hpp"

namespace timer_heap_model {
namespace {

using model::expect_holds;
using model::unbounded;
using rooms::lean;

TEST(timer_heap_model, any_order) {
  const model::options one{.preemptions = 0, .max_steps = 5'000};
  (expect_holds<any_order<3, 3, 3>>(one));
  (expect_holds<any_order<5, 1, 2>>(one));
}
TEST(timer_heap_model, disarmed_while_it_fires) {
  (expect_holds<disarmed_while_it_fires<1, 1, 64>>({.preemptions = unbounded}));
  (expect_holds<disarmed_while_it_fires<1, 2, 64>>(lean(3)));
  (expect_holds<disarmed_while_it_fires<2, 1, 64>>(lean(2)));
  (expect_holds<disarmed_while_it_fires<2, 1, 1>>(lean(2)));
}

TEST(timer_heap_model_long, any_order) {
  const model::options one{.preemptions = 0, .max_steps = 5'000};
  (expect_holds<any_order<4, 3, 3>>(one));
  (expect_holds<any_order<6, 1, 2>>(one));
}
TEST(timer_heap_model_long, disarmed_while_it_fires) {
  (expect_holds<disarmed_while_it_fires<2, 1, 64>>(lean(3)));
  (expect_holds<disarmed_while_it_fires<2, 2, 64>>(lean(2)));
  (expect_holds<disarmed_while_it_fires<3, 1, 64>>(lean(2)));
}

}  // namespace
}  // namespace timer_heap_model
