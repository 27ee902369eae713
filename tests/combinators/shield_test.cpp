#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/shield.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// shield() and finally(): what a stop does not reach.
namespace {

using magpie::clock;
using magpie::finally;
using magpie::join_handle;
using magpie::runtime;
using magpie::shield;
using magpie::task;
using magpie::task_cancelled;
using magpie::timed_out;
using namespace magpie_test;

/// Spawns `f`, stops it after `when`, and gives how it ended.
template <class F>
magpie::outcome<void> stopped_after(runtime& rt, std::chrono::nanoseconds when, F f) {
  auto h = rt.spawn(f);
  if (when.count() > 0) rt.block_on(ends_after(when));
  EXPECT_TRUE(h.cancel());
  h.wait();
  return h.take();
}

TEST(shield, C3_a_stop_does_not_reach_inside_and_is_seen_after) {
  for_each_seed([](runtime& rt) {
    int got = 0;
    bool asked = true;
    bool went_on = false;
    auto inside = [&]() -> task<int> {
      co_await magpie::sleep_for(3 * tick);
      co_await magpie::checkpoint();
      const magpie::stop_token token = co_await magpie::get_stop_token();
      asked = token.stop_requested();
      const int n = co_await value_after(tick, 6);  // starts children, too
      co_return n;
    };
    const auto o = stopped_after(rt, tick, [&]() -> task<> {
      got = co_await shield(inside());
      co_await magpie::checkpoint();
      went_on = true;
    });
    EXPECT_TRUE(o.is_cancelled());
    EXPECT_EQ(got, 6);
    EXPECT_FALSE(asked);
    EXPECT_FALSE(went_on);
  });
}

TEST(shield, C3_it_begins_under_a_stop_too) {
  for_each_seed([](runtime& rt) {
    int got = 0;
    magpie::stop_source source;
    const auto body = [&]() -> task<> {
      source.request_stop();
      got = co_await shield(value_after(tick, 6));
      co_await magpie::yield();
      got = 0;
    };
    EXPECT_THROW(rt.block_on(magpie::with_stop_token(source.get_token(), body)), task_cancelled);
    EXPECT_EQ(got, 6);
  });
}

TEST(shield, C3_a_deadline_does_not_reach_inside) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      int got = 0;
      bool went_on = false;
      try {
        co_await magpie::with_timeout(tick, [&]() -> task<> {
          got = co_await shield(value_after(3 * tick, 6));
          co_await magpie::checkpoint();
          went_on = true;
        });
        ADD_FAILURE();
      } catch (const timed_out&) {
      }
      EXPECT_EQ(got, 6);
      EXPECT_FALSE(went_on);
    });
  });
}

TEST(shield, C3_errors_and_own_cancellations_come_out) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(static_cast<void>(rt.block_on(shield(fails_after(tick, "x")))), std::range_error);
    auto stops = []() -> task<> { co_await magpie::stopped(); };
    EXPECT_THROW(rt.block_on(shield(stops)), task_cancelled);
    EXPECT_THROW(rt.block_on(shield(stops, tick)), task_cancelled);
    EXPECT_THROW(rt.block_on(shield(magpie::with_timeout(tick, sleeps_forever()))), timed_out);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(shield, C3_after_its_grace_the_stop_reaches_inside) {
  for_each_seed([](runtime& rt) {
    std::optional<clock::time_point> began;
    std::optional<clock::time_point> ended;
    struct notes {
      explicit notes(std::optional<clock::time_point>& t) : to(t) {}
      ~notes() { to = clock::now(); }
      std::optional<clock::time_point>& to;
    };
    auto inside = [&]() -> task<> {
      const notes last(ended);
      co_await sleeps_forever();
    };
    bool went_on = false;
    const auto o = stopped_after(rt, 2 * tick, [&]() -> task<> {
      began = clock::now();
      co_await shield(inside(), 3 * tick);
      went_on = true;
    });
    EXPECT_TRUE(o.is_cancelled());
    EXPECT_FALSE(went_on);
    ASSERT_TRUE(began && ended);
    EXPECT_GE(*ended - *began, 5 * tick);  // counted from the stop, not from the start
    EXPECT_LT(*ended - *began, 6 * tick);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(shield, C3_what_ends_within_its_grace_is_not_stopped) {
  for_each_seed([](runtime& rt) {
    int got = 0;
    const auto o = stopped_after(rt, tick, [&]() -> task<> {
      got = co_await shield(value_after(3 * tick, 6), 4 * tick);
      co_await magpie::checkpoint();
      got = 0;
    });
    EXPECT_TRUE(o.is_cancelled());
    EXPECT_EQ(got, 6);
  });
}

TEST(shield, C3_graces_nest) {
  for_each_seed([](runtime& rt) {
    std::vector<int> reached;
    const auto o = stopped_after(rt, tick, [&]() -> task<> {
      auto inner = [&]() -> task<> {
        co_await shield(ends_after(2 * tick));  // of its own, for ever
        reached.push_back(1);
        co_await sleeps_forever();
        reached.push_back(2);
      };
      co_await shield(magpie::gather(inner(), sleeps_forever()), tick);
      reached.push_back(3);
    });
    EXPECT_TRUE(o.is_cancelled());
    EXPECT_EQ(reached, std::vector<int>{1});
    EXPECT_NO_WITNESS_LEFT();
  });
}

// finally ------------------------------------------------------------------------------------------------------------

/// A clean-up that takes time, and notes that it came to its end.
auto cleans_up(int& times) {
  return [&times]() -> task<> {
    co_await magpie::sleep_for(2 * tick);
    co_await magpie::checkpoint();
    ++times;
  };
}
auto fails_to_clean_up() {
  return []() -> task<> {
    co_await magpie::sleep_for(tick);
    throw std::range_error("clean-up");
  };
}

TEST(finally, C4_after_a_value_an_error_and_a_cancellation) {
  for_each_seed([](runtime& rt) {
    int times = 0;
    auto clean_up = cleans_up(times);
    EXPECT_EQ(rt.block_on(finally(value_after(tick, 4), clean_up)), 4);
    EXPECT_EQ(times, 1);
    EXPECT_THROW(static_cast<void>(rt.block_on(finally(fails_after(tick, "x"), clean_up))), std::range_error);
    EXPECT_EQ(times, 2);
    auto stops = []() -> task<> { co_await magpie::stopped(); };
    EXPECT_THROW(rt.block_on(finally(stops, clean_up)), task_cancelled);
    EXPECT_EQ(times, 3);
    EXPECT_THROW(rt.block_on(magpie::with_timeout(tick, finally(sleeps_forever(), clean_up))), timed_out);
    EXPECT_EQ(times, 4);
    EXPECT_EQ(rt.block_on(finally(value_after(tick, 5), clean_up)), 5);
    EXPECT_EQ(times, 5);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(finally, C4_after_a_stop_it_runs_to_its_end) {
  for_each_seed([](runtime& rt) {
    int times = 0;
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      auto clean_up = cleans_up(times);
      co_await finally(sleeps_forever(), clean_up);
      went_on = true;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    rt.block_on(ends_after(tick));  // it has begun
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_EQ(times, 1);
    EXPECT_FALSE(went_on);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(finally, C4_the_clean_up_comes_after_all_children_and_before_the_result) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      bool cleaned = false;
      auto clean_up = [&]() -> task<> {
        EXPECT_EQ(witness::alive(), 0);
        cleaned = true;
        co_return;
      };
      // Named: else the arguments of the calls would live to the end of the statement.
      auto children = magpie::gather(sleeps_forever(), fails_after(tick, "x"), sleeps_forever());
      try {
        co_await finally(std::move(children), clean_up);
        ADD_FAILURE();
      } catch (const std::range_error&) {
        EXPECT_TRUE(cleaned);
      }
    });
  });
}

TEST(finally, C4_where_a_stop_kept_it_from_starting) {
  for_each_seed([](runtime& rt) {
    int times = 0;
    int ran = 0;
    magpie::stop_source source;
    const auto body = [&]() -> task<> {
      source.request_stop();
      auto clean_up = cleans_up(times);
      auto counts = [&](witness) -> task<> {
        ++ran;
        co_return;
      };
      co_await finally(counts(witness()), clean_up);
      ++ran;
    };
    EXPECT_THROW(rt.block_on(magpie::with_stop_token(source.get_token(), body)), task_cancelled);
    EXPECT_EQ(times, 1);
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(finally, C4_its_own_failure_is_thrown) {
  for_each_seed([](runtime& rt) {
    auto fails = fails_to_clean_up();
    EXPECT_THROW(static_cast<void>(rt.block_on(finally(value_after(tick, 1), fails))), std::range_error);
    auto stops = []() -> task<> { co_await magpie::stopped(); };
    EXPECT_THROW(rt.block_on(finally(stops, fails)), std::range_error);
    auto throws_at_once = []() -> task<> { throw std::range_error("no task was made"); };
    EXPECT_THROW(static_cast<void>(rt.block_on(finally(value_after(tick, 1), throws_at_once))), std::range_error);
    // Also under a stop: nothing that was thrown is lost.
    const auto o = stopped_after(rt, tick, [&]() -> task<> { co_await finally(sleeps_forever(), fails); });
    EXPECT_TRUE(o.has_error());
    EXPECT_EQ(text_of(o.error()), "clean-up");
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(finally, C4_both_failed) {
  for_each_seed([](runtime& rt) {
    auto fails = fails_to_clean_up();
    try {
      static_cast<void>(rt.block_on(finally(fails_after(tick, "first"), fails)));
      ADD_FAILURE();
    } catch (const magpie::exception_group& e) {
      ASSERT_EQ(e.exceptions().size(), 2u);
      EXPECT_EQ(text_of(e.exceptions()[0]), "first");
      EXPECT_EQ(text_of(e.exceptions()[1]), "clean-up");
    }
  });
}

TEST(finally, C4_results_of_every_kind) {
  for_each_seed([](runtime& rt) {
    int times = 0;
    int number = 3;
    auto clean_up = cleans_up(times);
    auto moves = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    auto refers = [&]() -> task<int&> { co_return number; };
    EXPECT_EQ(*rt.block_on(finally(moves, clean_up)), 7);
    EXPECT_EQ(&rt.block_on(finally(refers, clean_up)), &number);
    EXPECT_EQ(times, 2);
  });
}

/// What must not run, with a clean-up that must.
auto unstarted(int& ran, int& times) {
  auto clean_up = cleans_up(times);
  auto counts = [](int& n, witness) -> task<> {
    ++n;
    co_return;
  };
  return finally(counts(ran, witness()), clean_up);
}
task<> fails_at_once() {
  throw std::range_error("at once");
  co_return;
}

TEST(finally, C4_in_a_spawned_task_that_never_started) {
  for_each_seed([](runtime& rt) {
    int times = 0;
    int ran = 0;
    rt.block_on([&]() -> task<> {
      // In virtual time nothing else runs before we suspend.
      auto alone = rt.spawn(unstarted(ran, times));
      alone.cancel();
      auto elsewhere = rt.spawn(magpie::on(rt, unstarted(ran, times)));
      elsewhere.cancel();
      const auto body = [&](magpie::task_group& group) -> task<> {
        group.cancel();
        group.spawn(unstarted(ran, times)).detach();
        co_return;
      };
      co_await magpie::with_task_group(body);
      for (auto* h : {&alone, &elsewhere}) {
        const magpie::outcome<void> o = co_await magpie::as_outcome(*h);
        EXPECT_TRUE(o.is_cancelled());
      }
    });
    EXPECT_EQ(times, 3);
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

/// Forms of `fails_at_once() beside unstarted()`.
const std::vector<task<> (*)(int&, int&)> beside_a_failure = {
    [](int& ran, int& times) -> task<> { co_await magpie::gather(fails_at_once(), unstarted(ran, times)); },
    [](int& ran, int& times) -> task<> {
      co_await magpie::gather(fails_at_once(), unstarted(ran, times), sleeps_forever());
    },
    [](int& ran, int& times) -> task<> {
      co_await magpie::gather(fails_at_once(), sleeps_forever(),
                              magpie::gather(unstarted(ran, times), ends_after(tick)));
    },
    [](int& ran, int& times) -> task<> {
      co_await magpie::gather(fails_at_once(), magpie::gather_outcomes(sleeps_forever(), unstarted(ran, times)));
    },
    [](int& ran, int& times) -> task<> {
      co_await magpie::gather(fails_at_once(), magpie::race(sleeps_forever(), unstarted(ran, times)));
    },
    [](int& ran, int& times) -> task<> { co_await magpie::race(fails_at_once(), unstarted(ran, times)); },
    [](int& ran, int& times) -> task<> {
      co_await magpie::gather(fails_at_once(), magpie::with_timeout(tick, unstarted(ran, times)));
    },
    [](int& ran, int& times) -> task<> {
      magpie::stop_token none;
      co_await magpie::gather(fails_at_once(), magpie::with_stop_token(none, unstarted(ran, times)));
    },
    [](int& ran, int& times) -> task<> {
      std::vector<decltype(unstarted(ran, times))> range;
      range.push_back(unstarted(ran, times));
      co_await magpie::gather(fails_at_once(), magpie::gather(std::move(range)));
    },
    [](int& ran, int& times) -> task<> {
      auto more = []() -> task<> { co_return; };
      co_await magpie::gather(fails_at_once(), finally(unstarted(ran, times), more));
    },
};

TEST(finally, C4_in_a_child_that_never_started) {
  // One thread, and a failure at once: the child's turn does not come. Spawned, so that it is the worker's for sure.
  for (std::size_t form = 0; form < beside_a_failure.size(); ++form) {
    SCOPED_TRACE("form " + std::to_string(form));
    int times = 0;
    int ran = 0;
    runtime rt{{.workers = 1}};
    EXPECT_THROW(rt.spawn(beside_a_failure[form](ran, times)).get(), std::range_error);
    EXPECT_EQ(times, 1);
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  }
  for_each_seed([](runtime& rt) {
    for (const auto form : beside_a_failure) {
      int times = 0;
      int ran = 0;
      EXPECT_THROW(rt.block_on(form(ran, times)), std::range_error);
      EXPECT_EQ(times, 1);
      EXPECT_LE(ran, 1);  // by another worker, it may have started
    }
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(finally, C4_D3_where_the_deadline_has_passed_or_the_token_is_stopped) {
  for_each_seed([](runtime& rt) {
    int times = 0;
    int ran = 0;
    EXPECT_THROW(rt.block_on(magpie::with_timeout(std::chrono::seconds(0), unstarted(ran, times))), timed_out);
    EXPECT_EQ(times, 1);
    EXPECT_THROW(rt.block_on(magpie::with_deadline(clock::time_point::min(), unstarted(ran, times))), timed_out);
    EXPECT_EQ(times, 2);
    magpie::stop_source source;
    source.request_stop();
    EXPECT_THROW(rt.block_on(magpie::with_stop_token(source.get_token(), unstarted(ran, times))), task_cancelled);
    EXPECT_EQ(times, 3);
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

}  // namespace
