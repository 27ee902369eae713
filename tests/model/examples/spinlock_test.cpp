#include <magpie/model/expectations.hpp>

#include "spinlock.hpp"

namespace {

namespace model = magpie::model;

template <std::memory_order Unlock>
struct two_increments {
  static constexpr int threads = 2;

  spinlock<model::atomics, Unlock> lock;
  model::plain<int> count{0};

  void thread(int) {
    lock.lock();
    ++count;
    lock.unlock();
  }
  void after() { model::check(count == 2, "an increment was lost"); }
};

TEST(Spinlock, Excludes) {
  model::expect_holds<two_increments<std::memory_order_release>>({.preemptions = model::unbounded});
}

TEST(Spinlock, RelaxedUnlockIsCaught) { model::expect_fails<two_increments<std::memory_order_relaxed>>("data race"); }

}  // namespace
