#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "spin_lock_model.hpp"

namespace spin_lock_model {
namespace {

using model::expect_holds;
using model::unbounded;
using rooms::lean;

TEST(spin_lock_model, excludes) {
  (expect_holds<counts<2, 1>>({.preemptions = unbounded}));
  (expect_holds<counts<2, 2>>(lean(3)));
  (expect_holds<counts<3, 1>>(lean(2)));
}
TEST(spin_lock_model, is_free_when_the_last_one_has_left) { expect_holds<last_one_frees>({.preemptions = unbounded}); }

}  // namespace
}  // namespace spin_lock_model
