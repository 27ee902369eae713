#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using magpie::exception_group;
using magpie::first_success;
using magpie::race;
using magpie::runtime;
using magpie::task;
using magpie::task_cancelled;
using namespace magpie_test;

task<witness> witness_after(std::chrono::nanoseconds length, int n) {
  const witness local(n);
  co_await magpie::sleep_for(length);
  co_return witness(n);
}
task<> stops_itself() { co_await magpie::stopped(); }
task<int> stops_itself_later() {
  co_await magpie::sleep_for(tick);
  co_await magpie::stopped();
  co_return 0;
}

TEST(race, S1_the_first_to_finish_wins) {
  for_each_seed([](runtime& rt) {
    const auto first = rt.block_on(race(witness_after(tick, 1), sleeps_forever(), value_after(8 * tick, 3)));
    static_assert(std::is_same_v<decltype(first), const std::variant<witness, std::monostate, int>>);
    ASSERT_EQ(first.index(), 0u);
    EXPECT_EQ(std::get<0>(first).value(), 1);
    EXPECT_EQ(witness::alive(), 1);  // that in `first`
    const auto last = rt.block_on(race(value_after(8 * tick, 3), sleeps_forever(), value_after(tick, 4)));
    ASSERT_EQ(last.index(), 2u);
    EXPECT_EQ(std::get<2>(last), 4);
  });
  EXPECT_NO_WITNESS_LEFT();
}

TEST(race, S1_an_error_wins_too) {
  for_each_seed([](runtime& rt) {
    std::string thrown;
    try {
      static_cast<void>(rt.block_on(race(sleeps_forever(), fails_after(tick, "first"), value_after(8 * tick, 1))));
    } catch (const std::range_error& e) {
      thrown = e.what();
    }
    EXPECT_EQ(thrown, "first");
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(race, S1_losers_are_joined_before_it_returns) {
  for_each_seed([](runtime& rt) {
    bool cleaned = false;
    rt.block_on([&]() -> task<> {
      auto loser = [&]() -> task<> {
        auto clean_up = [&]() -> task<> {
          co_await magpie::sleep_for(2 * tick);
          cleaned = true;
        };
        co_await magpie::finally(sleeps_forever(), clean_up);
      };
      auto winner = co_await race(loser, value_after(tick, 1));
      EXPECT_EQ(winner.index(), 1u);
      EXPECT_TRUE(cleaned);
      EXPECT_EQ(witness::alive(), 0);
    });
  });
}

TEST(race, S1_what_losers_produced_is_destroyed) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      std::vector<task<witness>> runners;
      for (int i = 0; i < 5; ++i) {
        runners.push_back([](int n) -> task<witness> {
          co_await magpie::yield();
          co_return witness(n);
        }(i));
      }
      const auto [place, won] = co_await race(std::move(runners));
      EXPECT_EQ(static_cast<int>(place), won.value());
      EXPECT_EQ(witness::alive(), 1);
    });
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(race, S1_a_cancelled_finisher_wins_like_an_error) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(static_cast<void>(rt.block_on(race(sleeps_forever(), stops_itself()))), task_cancelled);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(race, S1_kinds_of_results) {
  struct pinned {  // cannot be assigned
    explicit pinned(int v) : n(v) {}
    const int n;
  };
  for_each_seed([](runtime& rt) {
    int target = 5;
    auto refers = [&]() -> task<int&> { co_return target; };
    auto moves = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    auto pins = []() -> task<pinned> { co_return pinned(9); };
    const auto a = rt.block_on(race(refers, sleeps_forever()));
    static_assert(std::is_same_v<decltype(a), const std::variant<std::reference_wrapper<int>, std::monostate>>);
    EXPECT_EQ(&std::get<0>(a).get(), &target);
    const auto b = rt.block_on(race(sleeps_forever(), moves));
    EXPECT_EQ(*std::get<1>(b), 7);
    const auto c = rt.block_on(race(pins, sleeps_forever()));
    EXPECT_EQ(std::get<0>(c).n, 9);
    const auto d = rt.block_on(race(value_after(tick, 1)));
    EXPECT_EQ(std::get<0>(d), 1);
    std::vector<task<>> nothings;
    nothings.push_back(sleeps_forever());
    nothings.push_back(ends_after(tick));
    const std::size_t e = rt.block_on(race(std::move(nothings)));
    EXPECT_EQ(e, 1u);
    std::vector<task<int&>> references;
    references.push_back(refers());
    const std::pair<std::size_t, std::reference_wrapper<int>> f = rt.block_on(race(std::move(references)));
    EXPECT_EQ(&f.second.get(), &target);
    std::vector<task<pinned>> pinneds;
    pinneds.push_back(pins());
    EXPECT_EQ(rt.block_on(race(std::move(pinneds))).second.n, 9);
  });
}

TEST(race, S1_of_an_empty_range) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(static_cast<void>(rt.block_on(race(std::vector<task<int>>()))), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(rt.block_on(first_success(std::vector<task<>>()))), std::invalid_argument);
  });
}

TEST(race, S2_two_at_once_give_one_winner) {
  bool seen[2] = {false, false};
  for_each_seed([&](runtime& rt) {
    for (int round = 0; round < 200; ++round) {
      auto runner = [](int n) -> task<witness> {
        co_await magpie::yield();
        co_return witness(n);
      };
      const auto won = rt.block_on(race(runner(0), runner(1)));
      const witness& w = won.index() == 0 ? std::get<0>(won) : std::get<1>(won);
      EXPECT_EQ(static_cast<int>(won.index()), w.value());
      EXPECT_EQ(witness::alive(), 1);
      seen[won.index()] = true;
    }
    EXPECT_NO_WITNESS_LEFT();
  });
  EXPECT_TRUE(seen[0] || seen[1]);
}

TEST(race, S3_first_success_skips_failures) {
  for_each_seed([](runtime& rt) {
    const auto won = rt.block_on(first_success(fails_after(std::chrono::nanoseconds(0), "x"), stops_itself(),
                                               value_after(3 * tick, 4), sleeps_forever(), fails_after(tick, "y")));
    // Not stops_itself(): it ends cancelled.
    ASSERT_EQ(won.index(), 2u);
    EXPECT_EQ(std::get<2>(won), 4);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(race, S3_all_failed_in_argument_order) {
  for_each_seed([](runtime& rt) {
    std::string thrown;
    try {
      static_cast<void>(
          rt.block_on(first_success(fails_after(4 * tick, "a"), stops_itself_later(), fails_after(2 * tick, "c"))));
    } catch (const exception_group& group) {
      for (const auto& e : group.exceptions()) {
        try {
          std::rethrow_exception(e);
        } catch (const task_cancelled&) {
          thrown += "cancelled ";
        } catch (const std::range_error& f) {
          thrown += f.what() + std::string(" ");
        }
      }
    }
    EXPECT_EQ(thrown, "a cancelled c ");
    std::vector<task<int>> runners;
    for (const char* what : {"a", "b"}) runners.push_back(fails_after(tick, what));
    EXPECT_THROW(static_cast<void>(rt.block_on(first_success(std::move(runners)))), exception_group);
  });
}

TEST(race, S4_cancelled_from_outside) {
  for_each_seed([](runtime& rt) {
    bool went_on = false;
    for (const bool success : {false, true}) {
      auto h = rt.spawn([&]() -> task<> {
        if (success) {
          co_await first_success(sleeps_forever(), sleeps_forever());
        } else {
          co_await race(sleeps_forever(), magpie::gather(sleeps_forever(), sleeps_forever()));
        }
        went_on = true;
      });
      rt.block_on(ends_after(tick));
      h.cancel();
      h.wait();
      EXPECT_TRUE(h.take().is_cancelled());
      EXPECT_FALSE(went_on);
      EXPECT_NO_WITNESS_LEFT();
    }
  });
}

TEST(race, S4_a_failure_on_the_way_is_thrown) {
  for_each_seed([](runtime& rt) {
    auto h = rt.spawn([]() -> task<> {
      auto runner = []() -> task<> {
        auto clean_up = []() -> task<> {
          throw std::range_error("on the way");
          co_return;
        };
        co_await magpie::finally(sleeps_forever(), clean_up);
      };
      co_await race(runner, sleeps_forever());
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_EQ(text_of(h.take().error()), "on the way");
  });
}

TEST(race, S4_a_race_that_was_never_awaited_frees_its_tasks) {
  {
    auto never_awaited = race(sleeps_forever(), witness_after(tick, 1));
    auto moved = std::move(never_awaited);
  }
  EXPECT_NO_WITNESS_LEFT();
}

}  // namespace
