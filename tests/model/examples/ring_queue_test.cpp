#include <magpie/model/expectations.hpp>

#include "ring_queue.hpp"

namespace {

namespace model = magpie::model;

template <release_slot Release>
struct two_through_one_slot {
  static constexpr int threads = 2;

  ring_queue<int, 1, model::atomics, Release> queue;
  int received = 0;

  void thread(int self) {
    for (int i = 1; i <= 2; ++i) {
      if (self == 0) {
        while (!queue.push(i)) model::atomics::pause();
      } else {
        int item = 0;
        while (!queue.pop(item)) model::atomics::pause();
        model::check(item == i, "items come in order");
        ++received;
      }
    }
  }
  void after() { model::check(received == 2, "an item was lost"); }
};

TEST(RingQueue, HandsOverInOrder) {
  model::expect_holds<two_through_one_slot<release_slot::in_time>>({.preemptions = 3});
}

TEST(RingQueue, SlotReleasedTooEarlyIsCaught) {
  model::expect_fails<two_through_one_slot<release_slot::too_early>>("data race");
}

}  // namespace
