#pragma once

#include <magpie/lockfree/spin_lock.hpp>
#include <magpie/model/explore.hpp>

/// Scenes for the spin lock. The other rooms run over a lock that blocks, and rest upon these.
namespace spin_lock_model {

namespace model = magpie::model;
using lock = magpie::detail::spin_lock<model::atomics>;

/// Only one is between lock and unlock, and sees what all before it did.
template <int Threads, int Times>
struct counts {
  static constexpr int threads = Threads;
  lock guard;
  model::plain<int> count{0};

  void thread(int) {
    for (int i = 0; i < Times; ++i) {
      const magpie::detail::locked hold(guard);
      ++count;
    }
  }
  void after() { model::check(count == Threads * Times, "an increment was lost"); }
};

/// Who leaves a list for good takes its lock, and whoever it belongs to is gone then: nobody who had it before touches
/// the lock any more, once the next one has it.
struct last_one_frees {
  static constexpr int threads = 2;
  struct guarded {
    lock guard;
    model::plain<int> users{2};
  };
  guarded* it = model::make_named<guarded>("guarded");

  void thread(int) {
    guarded* const g = it;
    g->guard.lock();
    g->users -= 1;
    const bool last = g->users == 0;
    g->guard.unlock();
    if (last) model::destroy(g);
  }
};

}  // namespace spin_lock_model
