#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "wait_block_model.hpp"

namespace wait_block_model {
namespace {

using model::expect_holds;
using model::unbounded;
using rooms::lean;

const model::options everything{.preemptions = unbounded};

TEST(wait_block_model, one_source) {
  (expect_holds<waits<wants::any, 1, 1>>(everything));
  (expect_holds<waits<wants::any, 1, 1, false, 1>>(everything));
}
TEST(wait_block_model, the_first_of_two) {
  (expect_holds<waits<wants::any, 2, 1>>(everything));
  (expect_holds<waits<wants::any, 2, 2>>(lean(3)));
  (expect_holds<waits<wants::any, 2, 2, false, 1>>(everything));
  (expect_holds<waits<wants::any, 2, 2, false, 2>>(everything));
}
TEST(wait_block_model, the_first_of_three) {
  (expect_holds<waits<wants::any, 3, 2>>(lean(2)));
  (expect_holds<waits<wants::any, 3, 3>>(lean(2)));
  (expect_holds<waits<wants::any, 3, 3, false, 1>>(lean(2)));
}
TEST(wait_block_model, the_first_of_some_or_a_stop) {
  (expect_holds<waits<wants::any, 1, 0, true>>(everything));
  (expect_holds<waits<wants::any, 1, 1, true>>(lean(3)));
  (expect_holds<waits<wants::any, 2, 2, true>>(lean(2)));
  (expect_holds<waits<wants::any, 2, 2, true, 1>>(lean(2)));
}
TEST(wait_block_model, all_of_some) {
  (expect_holds<waits<wants::all, 2, 2>>(everything));
  (expect_holds<waits<wants::all, 2, 2, false, 1>>(everything));
  (expect_holds<waits<wants::all, 2, 2, false, 2>>(everything));
  (expect_holds<waits<wants::all, 3, 3>>(lean(2)));
}
TEST(wait_block_model, all_or_a_stop) {
  (expect_holds<waits<wants::all, 1, 1, true>>(lean(3)));
  (expect_holds<waits<wants::all, 2, 1, true>>(lean(2)));
  (expect_holds<waits<wants::all, 2, 2, true>>(lean(2)));
  (expect_holds<waits<wants::all, 2, 2, true, 1>>(lean(2)));
}
TEST(wait_block_model, in_a_scope) {
  (expect_holds<waits_in_a_scope<1>>(lean(2)));
  (expect_holds<waits_in_a_scope<3>>(lean(2)));
  (expect_holds<waits_in_a_scope<4>>(lean(2)));
  (expect_holds<waits_in_a_scope<5>>(lean(2)));
  (expect_holds<waits_in_a_scope<6>>(lean(2)));
  (expect_holds<waits_in_a_scope<7>>(lean(1)));
}

TEST(wait_block_model_long, the_first_of_two) { (expect_holds<waits<wants::any, 2, 2>>(everything)); }
TEST(wait_block_model_long, the_first_of_three) {
  (expect_holds<waits<wants::any, 3, 2>>(lean(4)));
  (expect_holds<waits<wants::any, 3, 3>>(rooms::interleaved(3)));
  (expect_holds<waits<wants::any, 3, 3, false, 1>>(rooms::interleaved(3)));
}
TEST(wait_block_model_long, the_first_of_some_or_a_stop) {
  (expect_holds<waits<wants::any, 1, 1, true>>(lean(5)));
  (expect_holds<waits<wants::any, 2, 2, true, 1>>(lean(3)));
  (expect_holds<waits<wants::any, 2, 2, true>>(rooms::interleaved(3)));
  (expect_holds<waits<wants::any, 3, 3, true>>(rooms::interleaved(2)));
}
TEST(wait_block_model_long, all_or_a_stop) {
  (expect_holds<waits<wants::all, 1, 1, true>>(lean(5)));
  (expect_holds<waits<wants::all, 2, 1, true>>(lean(4)));
  (expect_holds<waits<wants::all, 2, 2, true, 1>>(lean(3)));
  (expect_holds<waits<wants::all, 3, 3>>(rooms::interleaved(3)));
  (expect_holds<waits<wants::all, 2, 2, true>>(rooms::interleaved(3)));
  (expect_holds<waits<wants::all, 3, 3, true>>(rooms::interleaved(2)));
}
TEST(wait_block_model_long, in_a_scope) {
  (expect_holds<waits_in_a_scope<1>>(lean(3)));
  (expect_holds<waits_in_a_scope<4>>(lean(3)));
  (expect_holds<waits_in_a_scope<5>>(lean(3)));
  (expect_holds<waits_in_a_scope<6>>(lean(3)));
  (expect_holds<waits_in_a_scope<7>>(rooms::interleaved(2)));
}

}  // namespace
}  // namespace wait_block_model
