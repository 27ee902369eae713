#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "magazine_stack_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;
using model::unbounded;

TEST(magazine_stack_model, two_threads_come_and_go) {
  (expect_holds<magazines_come_and_go<2, 1, 3>>({.preemptions = unbounded}));
  (expect_holds<magazines_come_and_go<2, 2, 2>>({.preemptions = 3}));
}
TEST(magazine_stack_model, three_threads_come_and_go) {
  (expect_holds<magazines_come_and_go<3, 1, 2>>({.preemptions = 2}));
}
TEST(magazine_stack_model, what_is_put_back_meets_pushes) {
  (expect_holds<given_and_taken<2, 4>>({.preemptions = unbounded}));
  (expect_holds<given_and_taken<3, 3>>({.preemptions = 3}));
}

TEST(magazine_stack_model_long, two_threads_come_and_go) {
  (expect_holds<magazines_come_and_go<2, 2, 3>>({.preemptions = 3}));
}
TEST(magazine_stack_model_long, three_threads_come_and_go) { (expect_holds<magazines_come_and_go<3, 1, 3>>(lean(3))); }

}  // namespace
