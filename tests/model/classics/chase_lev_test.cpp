#include <magpie/model/expectations.hpp>

#include "chase_lev.hpp"

// The deque of Le et al. with each of its ten orders weakened. Six mutants lose or double an item or touch an array
// that they may not see yet; four cannot be told from the original, and each says why.
namespace classics {
namespace {

using model::expect_fails;
using model::expect_holds;
using model::unbounded;

template <class Orders>
using grows = chase_lev_scene<Orders, 3, 1>;

TEST(ChaseLev, HoldsForOneThief) {
  (expect_holds<chase_lev_scene<chase_lev_orders, 2, 1>>({.preemptions = unbounded}));
}
TEST(ChaseLev, HoldsForTwoThieves) { expect_holds<grows<chase_lev_orders>>({.preemptions = 2}); }
TEST(ChaseLev, HoldsForTwoThievesUnbounded) { expect_holds<grows<chase_lev_orders>>({.preemptions = unbounded}); }

struct no_push_fence : chase_lev_orders {
  static constexpr std::memory_order push_fence = relaxed;
};
TEST(ChaseLev, CatchesPushFence) { expect_fails<grows<no_push_fence>>("data race"); }

/// This and the next are the fault that CDSChecker found in the published code (Norris, Demsky, OOPSLA 2013).
struct relaxed_resize : chase_lev_orders {
  static constexpr std::memory_order resize_array = relaxed;
};
TEST(ChaseLev, CatchesResize) { expect_fails<grows<relaxed_resize>>("data race: access to array"); }

struct relaxed_steal_array : chase_lev_orders {
  static constexpr std::memory_order steal_array = relaxed;
};
TEST(ChaseLev, CatchesStealArray) { expect_fails<grows<relaxed_steal_array>>("data race: access to array"); }

struct weak_take_fence : chase_lev_orders {
  static constexpr std::memory_order take_fence = acq_rel;
};
TEST(ChaseLev, CatchesTakeFence) { expect_fails<grows<weak_take_fence>>("an item came out twice"); }

struct weak_steal_fence : chase_lev_orders {
  static constexpr std::memory_order steal_fence = acq_rel;
};
TEST(ChaseLev, CatchesStealFence) { expect_fails<grows<weak_steal_fence>>("an item came out twice"); }

struct relaxed_steal_bottom : chase_lev_orders {
  static constexpr std::memory_order steal_bottom = relaxed;
};
TEST(ChaseLev, CatchesStealBottom) { expect_fails<grows<relaxed_steal_bottom>>("data race"); }

/// The seq_cst fence behind the load is an acquire fence too.
struct relaxed_steal_top : chase_lev_orders {
  static constexpr std::memory_order steal_top = relaxed;
};
TEST(ChaseLev, StealTopIsEquivalent) { expect_holds<grows<relaxed_steal_top>>({.preemptions = unbounded}); }

/// It keeps the reuse of a slot behind the thief's read of it. To see the difference a thief would have to read what
/// the owner stores because of the thief's own exchange: load buffering, which RC11 and every processor forbid here
/// (the thief's exchange releases, the owner's store depends on what it read).
struct relaxed_push_top : chase_lev_orders {
  static constexpr std::memory_order push_top = relaxed;
};
TEST(ChaseLev, PushTopIsEquivalent) { expect_holds<grows<relaxed_push_top>>({.preemptions = unbounded}); }

/// A read-modify-write reads the newest value whatever its order, and all that S needs to know of top stands in the
/// fences.
struct relaxed_take_exchange : chase_lev_orders {
  static constexpr std::memory_order take_exchange = relaxed;
};
TEST(ChaseLev, TakeExchangeIsEquivalent) { expect_holds<grows<relaxed_take_exchange>>({.preemptions = unbounded}); }

/// As above; its release half is the partner of push_top.
struct relaxed_steal_exchange : chase_lev_orders {
  static constexpr std::memory_order steal_exchange = relaxed;
};
TEST(ChaseLev, StealExchangeIsEquivalent) { expect_holds<grows<relaxed_steal_exchange>>({.preemptions = unbounded}); }

/// crossbeam's CVE-2021-32810 in small: the owner grows while a thief that takes several has looked up the old array.
template <bool Refresh>
struct batch_thief {
  static constexpr int threads = 2;
  chase_lev<chase_lev_orders> deque{2};
  ledger<3> items;

  void thread(int self) {
    if (self == 0) {
      for (int item = 1; item <= 3; ++item) {
        items.make(item);
        deque.push(item);
      }
    } else {
      deque.template steal_batch<Refresh>(3, [this](int item) { items.use(item); });
    }
  }
  void after() {
    for (int i = 0; i < 3; ++i) items.use(deque.take());
    items.all_used();
  }
};
TEST(CrossbeamGrow, CatchesTheArrayThatIsLookedUpOnce) { expect_fails<batch_thief<false>>("an item came out twice"); }
TEST(CrossbeamGrow, HoldsWhenLookedUpEachTime) { expect_holds<batch_thief<true>>({.preemptions = unbounded}); }

}  // namespace
}  // namespace classics
