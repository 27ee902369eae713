#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"
#include "support/sanitizers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace {

using magpie::clock;
using magpie::deadline_scope;
using magpie::never;
using magpie::runtime;
using magpie::task;
using magpie::timed_out;
using magpie::with_deadline;
using magpie::with_deadline_scope;
using magpie::with_timeout;
using namespace magpie_test;

template <class A>
task<bool> is_late(A awaited) {
  bool late = false;
  try {
    static_cast<void>(co_await std::move(awaited));
  } catch (const timed_out&) {
    late = true;
  }
  co_return late;
}
task<> ends_late(bool& ended) {
  auto clean_up = [&]() -> task<> {
    co_await magpie::sleep_for(2 * tick);
    ended = true;
  };
  co_await magpie::finally(sleeps_forever(), clean_up);
}

TEST(timeout, D1_cancels_joins_and_throws) {
  for_each_seed([](runtime& rt) {
    bool ended = false;
    rt.block_on([&]() -> task<> {
      const auto begin = clock::now();
      bool late = co_await is_late(with_timeout(tick, ends_late(ended)));
      EXPECT_TRUE(late);
      EXPECT_TRUE(ended);
      EXPECT_GE(clock::now() - begin, 3 * tick);
      late = co_await is_late(with_deadline(clock::now() + tick, sleeps_forever()));
      EXPECT_TRUE(late);
      co_await magpie::checkpoint();  // nobody asked us to stop
    });
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(timeout, D1_of_a_gather) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(rt.block_on(with_timeout(tick, magpie::gather(sleeps_forever(), value_after(tick / 4, 1)))),
                 timed_out);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(timeout, D2_only_the_one_that_passed_throws) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      int inner = 0;
      int outer = 0;
      try {
        co_await with_timeout(std::chrono::hours(1), [&]() -> task<> {
          try {
            co_await with_timeout(tick, sleeps_forever());
          } catch (const timed_out&) {
            ++inner;
          }
        });
      } catch (const timed_out&) {
        ++outer;
      }
      EXPECT_EQ(inner, 1);
      EXPECT_EQ(outer, 0);
      try {
        co_await with_timeout(tick, [&]() -> task<> {
          try {
            co_await with_timeout(std::chrono::hours(1), sleeps_forever());
          } catch (const timed_out&) {
            ++inner;
          }
        });
      } catch (const timed_out&) {
        ++outer;
      }
      EXPECT_EQ(inner, 1);
      EXPECT_EQ(outer, 1);
    });
  });
}

TEST(timeout, D2_two_at_the_same_instant_give_one) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      const auto end = clock::now() + tick;
      const bool late = co_await is_late(with_deadline(end, with_deadline(end, sleeps_forever())));
      EXPECT_TRUE(late);
      co_await magpie::checkpoint();
    });
  });
}

TEST(timeout, D3_never_and_huge_ones_set_no_limit) {
  for_each_seed([](runtime& rt) {
    EXPECT_EQ(rt.block_on(with_deadline(never, value_after(tick, 1))), 1);
    EXPECT_EQ(rt.block_on(with_timeout(clock::duration::max(), value_after(tick, 2))), 2);
    EXPECT_EQ(rt.block_on(with_timeout(std::chrono::hours::max(), value_after(tick, 3))), 3);
    using days = std::chrono::duration<double, std::ratio<86400>>;
    EXPECT_EQ(rt.block_on(with_timeout(days(1e300), value_after(tick, 4))), 4);
    EXPECT_EQ(rt.block_on(with_timeout(days(std::numeric_limits<double>::infinity()), value_after(tick, 5))), 5);
    EXPECT_THROW(rt.block_on(with_timeout(days(1e-12), sleeps_forever())), timed_out);
  });
}

TEST(timeout, D3_zero_or_past_starts_nothing) {
  for_each_seed([](runtime& rt) {
    int started = 0;
    auto child = [&](witness) -> task<> {
      ++started;
      co_return;
    };
    EXPECT_THROW(rt.block_on(with_timeout(std::chrono::seconds(0), child(witness()))), timed_out);
    EXPECT_THROW(rt.block_on(with_timeout(std::chrono::seconds(-1), child(witness()))), timed_out);
    EXPECT_THROW(rt.block_on(with_timeout(std::chrono::hours::min(), child(witness()))), timed_out);
    using seconds = std::chrono::duration<double>;
    EXPECT_THROW(rt.block_on(with_timeout(seconds(std::numeric_limits<double>::quiet_NaN()), child(witness()))),
                 timed_out);
    EXPECT_THROW(rt.block_on(with_deadline(clock::time_point::min(), child(witness()))), timed_out);
    EXPECT_THROW(rt.block_on(with_deadline_scope(clock::time_point(),
                                                 [&](deadline_scope&) -> task<> {
                                                   ++started;
                                                   co_return;
                                                 })),
                 timed_out);
    EXPECT_EQ(started, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(timeout, D3_zero_or_past_with_a_finished_handle_gives_its_result) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      for (const bool owned : {false, true}) {
        auto h = rt.spawn(value_after(tick, 3));
        if (!owned) {
          const bool early = co_await is_late(with_timeout(std::chrono::seconds(0), h));
          EXPECT_TRUE(early);
          EXPECT_TRUE(h.valid());
        }
        auto ends = rt.spawn(value_after(tick, 3));
        while (!ends.ready()) co_await magpie::sleep_for(tick);
        const int r = owned ? co_await with_timeout(std::chrono::seconds(0), std::move(ends))
                            : co_await with_timeout(std::chrono::seconds(-1), ends);
        EXPECT_EQ(r, 3);
      }
    });
  });
}

TEST(timeout, D4_a_value_that_was_produced_wins) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      const witness w = co_await with_timeout(tick, []() -> task<witness> {
        co_await magpie::shield(magpie::sleep_for(3 * tick));
        co_return witness(4);
      });
      EXPECT_EQ(w.value(), 4);
      EXPECT_EQ(witness::alive(), 1);
      co_await magpie::checkpoint();
    });
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(timeout, D4_at_the_same_instant_it_is_one_or_the_other) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      int values = 0;
      int late = 0;
      for (int round = 0; round < 5; ++round) {
        const auto end = clock::now() + tick;
        try {
          const witness w = co_await with_deadline(end, [end]() -> task<witness> {
            co_await magpie::sleep_until(end);
            co_return witness(4);
          });
          ++values;
        } catch (const timed_out&) {
          ++late;
        }
        EXPECT_EQ(witness::alive(), 0);
      }
      EXPECT_EQ(values + late, 5);
    });
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(timeout, D5_another_error_passes) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(static_cast<void>(rt.block_on(with_timeout(std::chrono::hours(1), fails_after(tick, "x")))),
                 std::range_error);
    auto fails_when_stopped = []() -> task<> {
      auto clean_up = []() -> task<> {
        throw std::range_error("in the clean-up");
        co_return;
      };
      co_await magpie::finally(sleeps_forever(), clean_up);
    };
    EXPECT_THROW(rt.block_on(with_timeout(tick, fails_when_stopped)), std::range_error);
  });
}

TEST(timeout, D5_a_stop_from_outside_is_no_time_out) {
  for_each_seed([](runtime& rt) {
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      try {
        co_await with_timeout(std::chrono::hours(1), sleeps_forever());
      } catch (...) {
        went_on = true;
      }
      went_on = true;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_FALSE(went_on);
    auto stops = []() -> task<> { co_await magpie::stopped(); };
    EXPECT_THROW(rt.block_on(with_timeout(std::chrono::hours(1), stops)), magpie::task_cancelled);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(timeout, D5_both_at_once) {
  for_each_seed([](runtime& rt) {
    bool ended = false;
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      co_await with_timeout(2 * tick, ends_late(ended));
      went_on = true;
    });
    rt.block_on(ends_after(3 * tick));  // after the deadline, during the clean-up
    h.cancel();
    h.wait();
    const auto o = h.take();
    EXPECT_TRUE(o.is_cancelled() || o.has_error());
    EXPECT_TRUE(ended);
    EXPECT_FALSE(went_on);
  });
}

TEST(timeout, D6_reschedule_moves_removes_and_restores) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      const auto begin = clock::now();
      const int r = co_await with_deadline_scope(begin + 2 * tick, [&](deadline_scope& s) -> task<int> {
        EXPECT_EQ(s.deadline(), begin + 2 * tick);
        s.reschedule(never);
        EXPECT_EQ(s.deadline(), never);
        co_await magpie::sleep_for(4 * tick);
        EXPECT_FALSE(s.expired());
        s.reschedule(clock::now() + std::chrono::hours(1));
        co_await magpie::sleep_for(tick);
        co_return 5;
      });
      EXPECT_EQ(r, 5);
      bool late = co_await is_late(with_deadline_scope(never, [](deadline_scope& s) -> task<> {
        s.reschedule(clock::now() + std::chrono::hours(1));
        s.reschedule(clock::now() + tick);
        co_await magpie::sleep_until(never);
      }));
      EXPECT_TRUE(late);
      bool went_on = false;
      late = co_await is_late(with_deadline_scope(never, [&](deadline_scope& s) -> task<> {
        s.reschedule(clock::now() - tick);
        EXPECT_TRUE(s.expired());
        co_await magpie::checkpoint();
        went_on = true;
      }));
      EXPECT_TRUE(late);
      EXPECT_FALSE(went_on);
    });
  });
}

TEST(timeout, C1_under_a_stop_a_deadline_scope_does_not_call_its_body) {
  for_each_seed([](runtime& rt) {
    int called = 0;
    auto h = rt.spawn([&]() -> task<> {
      co_await magpie::shield(magpie::sleep_for(2 * tick));
      co_await with_deadline_scope(clock::now() + tick, [&](deadline_scope&) {
        ++called;
        return magpie::sleep_for(tick);
      });
    });
    rt.block_on(magpie::sleep_for(tick));
    h.cancel();
    rt.block_on(magpie::sleep_for(3 * tick));
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_EQ(called, 0);
  });
}

TEST(timeout, D6_after_it_passed_it_is_an_error_of_usage) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      for (const bool by_hand : {false, true}) {
        int refused = 0;
        const auto end = by_hand ? never : clock::now() + tick;
        const bool late = co_await is_late(with_deadline_scope(end, [&](deadline_scope& s) -> task<> {
          if (by_hand) s.reschedule(clock::now());
          co_await magpie::shield(magpie::sleep_for(3 * tick));
          EXPECT_TRUE(s.expired());
          for (const auto to : {never, clock::now() + std::chrono::hours(1), clock::now()}) {
            try {
              s.reschedule(to);
            } catch (const magpie::usage_error&) {
              ++refused;
            }
          }
          co_await magpie::checkpoint();
          ADD_FAILURE() << "it was stopped";
        }));
        EXPECT_TRUE(late);
        EXPECT_EQ(refused, 3);
      }
    });
  });
}

TEST(timeout, D6_current_deadline) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      auto d = co_await magpie::current_deadline();
      EXPECT_EQ(d, never);
      const auto far = clock::now() + std::chrono::hours(2);
      const auto near = clock::now() + std::chrono::hours(1);
      for (const bool swapped : {false, true}) {
        co_await with_deadline(swapped ? near : far, [&]() -> task<> {
          co_await with_deadline(swapped ? far : near, [&]() -> task<> {
            const auto nearest = co_await magpie::current_deadline();
            EXPECT_EQ(nearest, near);
            const auto inside = co_await magpie::shield([]() -> task<clock::time_point> {
              const auto t = co_await magpie::current_deadline();
              co_return t;
            });
            EXPECT_EQ(inside, never);
          });
        });
      }
    });
  });
}

TEST(timeout, D7_a_deadline_in_the_clean_up_of_a_deadline) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      bool inner_late = false;
      bool value = false;
      auto child = [&]() -> task<> {
        auto clean_up = [&]() -> task<> {
          inner_late = co_await is_late(with_timeout(tick, sleeps_forever()));
          const int n = co_await with_timeout(std::chrono::hours(1), value_after(tick, 2));
          value = n == 2;
        };
        co_await magpie::finally(sleeps_forever(), clean_up);
      };
      const bool late = co_await is_late(with_timeout(tick, child));
      EXPECT_TRUE(late);
      EXPECT_TRUE(inner_late);
      EXPECT_TRUE(value);
    });
  });
}

TEST(timeout, D8_a_million_that_do_not_fire) {
  runtime rt{{.workers = 1}};
  const int many = fewer_if_sanitized(1'000'000, 20'000);
  int sum = 0;
  rt.block_on([&]() -> task<> {
    auto one = []() -> task<int> { co_return 1; };
    for (int i = 0; i < many; ++i) sum += co_await with_timeout(std::chrono::seconds(10), one());
  });
  EXPECT_EQ(sum, many);
  EXPECT_LT(rt.metrics().sleeps, 5000u);
}

TEST(timeout, D9_the_token_turns_while_every_worker_computes) {
  using steady = std::chrono::steady_clock;
  runtime rt{{.workers = 2}};
  // The bound is that of an unloaded machine. On another the best of many tries counts, and a thread beside the runtime
  // that merely sleeps says how late whoever sleeps is at best.
  const steady::duration bound = sanitized ? 20 * tick : 2 * tick;
  auto best = steady::duration::max();
  auto best_of_sleeper = steady::duration::max();
  const auto end = steady::now() + std::chrono::seconds(30);
  for (int i = 0; i < 2 || (best > bound && steady::now() < end); ++i) {
    std::thread sleeper([&best_of_sleeper] {
      const auto wake = steady::now() + 5 * tick;
      std::this_thread::sleep_until(wake);
      best_of_sleeper = std::min(best_of_sleeper, steady::now() - wake);
    });
    auto computes = [&]() -> task<steady::duration> {
      const magpie::stop_token token = co_await magpie::get_stop_token();
      const auto begin = steady::now();
      while (!token.stop_requested() && steady::now() - begin < std::chrono::seconds(30)) {
      }
      co_return steady::now() - begin;
    };
    rt.block_on([&]() -> task<> {
      const auto begin = steady::now();
      auto both = magpie::gather_outcomes(with_timeout(5 * tick, computes()), with_timeout(5 * tick, computes()));
      auto [a, b] = co_await std::move(both);
      if (!a.has_value() || !b.has_value()) co_return;  // its deadline passed before it began: it says nothing
      // A value that was produced wins; it says when the token turned.
      const auto late = std::max(a.value(), b.value()) - 5 * tick;
      EXPECT_GT(steady::now() - begin, 4 * tick);
      best = std::min(best, std::max(late, steady::duration::zero()));
    });
    sleeper.join();
  }
  EXPECT_LT(best, bound + best_of_sleeper);
}

}  // namespace
