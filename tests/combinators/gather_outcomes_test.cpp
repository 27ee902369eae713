#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using magpie::gather;
using magpie::gather_outcomes;
using magpie::outcome;
using magpie::runtime;
using magpie::task;
using magpie::task_cancelled;
using namespace magpie_test;

task<> stops_itself() { co_await magpie::stopped(); }
task<int> throws_cancelled() {
  co_await magpie::sleep_for(tick);
  throw task_cancelled();
}

TEST(gather_outcomes, G4_each_in_its_place) {
  for_each_seed([](runtime& rt) {
    auto [a, b, c, d] = rt.block_on(
        gather_outcomes(value_after(3 * tick, 1), fails_after(tick, "x"), stops_itself(), ends_after(2 * tick)));
    static_assert(std::is_same_v<decltype(d), outcome<void>>);
    EXPECT_EQ(a.value(), 1);
    EXPECT_EQ(text_of(b.error()), "x");
    EXPECT_TRUE(c.is_cancelled());
    EXPECT_TRUE(d.has_value());
  });
}

TEST(gather_outcomes, G4_of_ranges) {
  for_each_seed([](runtime& rt) {
    std::vector<task<int>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(i % 3 == 0 ? fails_after(i * tick / 4, "x") : value_after(tick, i));
    std::vector<outcome<int>> results = rt.block_on(gather_outcomes(std::move(tasks)));
    ASSERT_EQ(results.size(), 10u);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(results[static_cast<std::size_t>(i)].has_error(), i % 3 == 0);
      if (i % 3 != 0) {
        EXPECT_EQ(results[static_cast<std::size_t>(i)].value(), i);
      }
    }
    std::vector<task<>> nothings;
    nothings.push_back(ends_after(tick));
    nothings.push_back(stops_itself());
    const std::vector<outcome<void>> ends = rt.block_on(gather_outcomes(std::move(nothings)));
    EXPECT_TRUE(ends[0].has_value());
    EXPECT_TRUE(ends[1].is_cancelled());
    EXPECT_TRUE(rt.block_on(gather_outcomes(std::vector<task<int>>())).empty());
    rt.block_on(gather_outcomes());
  });
}

TEST(gather_outcomes, G5_a_child_that_ends_itself_cancelled_is_a_slot) {
  for_each_seed([](runtime& rt) {
    auto [a, b, c] = rt.block_on(gather_outcomes(throws_cancelled(), stops_itself(), value_after(2 * tick, 3)));
    EXPECT_TRUE(a.is_cancelled());
    EXPECT_TRUE(b.is_cancelled());
    EXPECT_EQ(c.value(), 3);
  });
}

TEST(gather, G5_a_child_that_ends_itself_cancelled_cancels_the_rest) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(rt.block_on(gather(sleeps_forever(), stops_itself(), sleeps_forever())), task_cancelled);
    EXPECT_NO_WITNESS_LEFT();
    rt.block_on([]() -> task<> {
      bool thrown = false;
      try {
        co_await gather(sleeps_forever(), throws_cancelled());
      } catch (const task_cancelled&) {
        thrown = true;
      }
      EXPECT_TRUE(thrown);
      co_await magpie::checkpoint();  // we were not asked to stop
    });
  });
}

TEST(gather_outcomes, G6_cancelling_reaches_all_through_any_nesting) {
  for_each_seed([](runtime& rt) {
    auto h = rt.spawn(gather_outcomes(gather(sleeps_forever(), gather_outcomes(sleeps_forever(), sleeps_forever())),
                                      sleeps_forever()));
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(gather_outcomes, G7_ends_cancelled_after_all_children) {
  for_each_seed([](runtime& rt) {
    for (const bool outcomes : {false, true}) {
      bool went_on = false;
      int cleaned = 0;
      int cleaned_at_the_end = -1;
      auto h = rt.spawn([&]() -> task<> {
        struct looks {
          int& from;
          int& to;
          ~looks() { to = from; }
        };
        const looks last{cleaned, cleaned_at_the_end};
        auto child = [&]() -> task<> {
          auto clean_up = [&]() -> task<> {
            co_await magpie::sleep_for(2 * tick);
            ++cleaned;
          };
          co_await magpie::finally(sleeps_forever(), clean_up);
        };
        if (outcomes) {
          co_await gather_outcomes(child, sleeps_forever());
        } else {
          co_await gather(sleeps_forever(), child);
        }
        went_on = true;
      });
      rt.block_on(ends_after(tick));
      h.cancel();
      h.wait();
      EXPECT_TRUE(h.take().is_cancelled());
      EXPECT_FALSE(went_on);
      EXPECT_EQ(cleaned_at_the_end, 1);
    }
  });
}

TEST(gather, G7_a_failure_on_the_way_wins_and_the_stop_is_seen_after) {
  for_each_seed([](runtime& rt) {
    std::string thrown;
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      try {
        auto child = []() -> task<> {
          auto clean_up = []() -> task<> {
            co_await magpie::sleep_for(tick);
            throw std::range_error("on the way");
          };
          co_await magpie::finally(sleeps_forever(), clean_up);
        };
        co_await gather(sleeps_forever(), child);
      } catch (const std::range_error& e) {
        thrown = e.what();
      }
      co_await magpie::checkpoint();
      went_on = true;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_EQ(thrown, "on the way");
    EXPECT_FALSE(went_on);
  });
}

TEST(gather, G8_a_stop_after_the_last_child_changes_nothing) {
  for_each_seed([](runtime& rt) {
    auto h = rt.spawn([]() -> task<int> {
      magpie::stop_source source;
      auto stopped_at_the_end = [&]() -> task<int> {
        // The last child ends, then comes the stop: what they gave stays.
        auto last = [&]() -> task<int> {
          co_await magpie::sleep_for(2 * tick);
          source.request_stop();
          co_return 20;
        };
        const auto [a, b] = co_await gather(value_after(tick, 10), last);
        co_return a + b;
      };
      const int c = co_await magpie::with_stop_token(source.get_token(), stopped_at_the_end);
      co_return c;
    });
    h.wait();
    EXPECT_EQ(h.take().value(), 30);
  });
}

TEST(gather_outcomes, G12_children_that_did_not_start_are_destroyed_once) {
  for_each_seed([](runtime& rt) {
    int ran = 0;
    auto h = rt.spawn([&]() -> task<> {
      auto child = [](witness, int& count) -> task<> {
        ++count;
        co_return;
      };
      std::vector<task<>> tasks;
      for (int i = 0; i < 10; ++i) tasks.push_back(child(witness(i), ran));
      auto all = gather_outcomes(std::move(tasks));
      auto cancels_itself = co_await magpie::get_stop_token();
      while (!cancels_itself.stop_requested()) co_await magpie::shield(magpie::sleep_for(tick / 4));
      co_await std::move(all);
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

struct throws_when_moved {
  explicit throws_when_moved(bool t) : throws(t) {}
  throws_when_moved(throws_when_moved&& other) : throws(other.throws) {
    if (throws) throw std::range_error("moved");
  }
  throws_when_moved& operator=(throws_when_moved&&) = delete;
  bool throws;
};

TEST(gather_outcomes, G14_kinds_of_results) {
  for_each_seed([](runtime& rt) {
    int target = 5;
    struct pinned {
      explicit pinned(int v) : n(v) {}
      const int n;
    };
    auto refers = [&]() -> task<int&> { co_return target; };
    auto moves = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    auto pins = []() -> task<pinned> { co_return pinned(9); };
    auto [a, b, c] = rt.block_on(gather_outcomes(refers, moves, pins));
    static_assert(std::is_same_v<decltype(a), outcome<int&>>);
    EXPECT_EQ(&a.value(), &target);
    EXPECT_EQ(*b.value(), 7);
    EXPECT_EQ(c.value().n, 9);
    std::vector<task<int&>> references;
    references.push_back(refers());
    auto r = rt.block_on(gather_outcomes(std::move(references)));
    EXPECT_EQ(&r[0].value(), &target);
  });
}

TEST(gather_outcomes, G14_a_move_that_throws_is_an_error_of_the_gather) {
  for_each_seed([](runtime& rt) {
    auto throwing = [](bool t) -> task<throws_when_moved> { co_return throws_when_moved(t); };
    try {
      auto [a] = rt.block_on(gather_outcomes(throwing(true)));
      EXPECT_TRUE(a.has_error());
    } catch (const std::range_error&) {
      SUCCEED();
    }
    auto [b] = rt.block_on(gather_outcomes(throwing(false)));
    EXPECT_TRUE(b.has_value());
  });
}

}  // namespace
