#include <magpie/model/expectations.hpp>

#include "bounds.hpp"
#include "injection_queue_model.hpp"

#include <gtest/gtest.h>

namespace {

using namespace rooms;
using model::expect_holds;
using model::unbounded;

TEST(injection_queue_model, P1_a_push_meets_a_worker_that_lies_down) {
  expect_holds<publication_against_sleep<injection_queue_to_publish_in>>({.preemptions = unbounded});
}
TEST(injection_queue_model, one_producer_one_taker) {
  (expect_holds<injection_traffic<1, 1, 3, 2, handing_in::singly>>({.preemptions = unbounded}));
}
TEST(injection_queue_model, two_producers) {
  (expect_holds<injection_traffic<2, 1, 2, 2, handing_in::first_as_a_chain>>({.preemptions = 3}));
}
TEST(injection_queue_model, two_takers) {
  (expect_holds<injection_traffic<1, 2, 2, 1, handing_in::singly>>({.preemptions = 2}));
}
TEST(injection_queue_model, items_go_round) {
  (expect_holds<items_go_round<2, 2, 1>>({.preemptions = 3}));
  (expect_holds<items_go_round<2, 2, 2>>(lean(3)));
}
TEST(injection_queue_model, an_item_dies_when_it_is_taken) { expect_holds<items_die_when_taken>({.preemptions = 3}); }
TEST(injection_queue_model, an_item_is_taken_back_if_it_is_first) {
  expect_holds<taken_back_alone>({.preemptions = unbounded});
  expect_holds<two_take_back>({.preemptions = unbounded});
  (expect_holds<taken_back_if_first<0, agreement::given>>({.preemptions = unbounded}));
  (expect_holds<taken_back_if_first<1, agreement::given>>({.preemptions = 3}));
  (expect_holds<taken_back_if_first<1, agreement::refused>>({.preemptions = 2}));
}

TEST(injection_queue_model_long, an_item_is_taken_back_if_it_is_first) {
  (expect_holds<taken_back_if_first<1, agreement::given>>(lean(4)));
  (expect_holds<taken_back_if_first<2, agreement::given>>(lean(2)));
}
TEST(injection_queue_model_long, two_takers) {
  (expect_holds<injection_traffic<1, 2, 2, 1, handing_in::singly>>({.preemptions = 3}));
}
TEST(injection_queue_model_long, two_producers_two_takers) {
  (expect_holds<injection_traffic<2, 2, 1, 2, handing_in::first_as_a_chain>>({.preemptions = 2}));
  (expect_holds<injection_traffic<2, 2, 1, 2, handing_in::first_as_a_chain>>(interleaved(3)));
}

}  // namespace
