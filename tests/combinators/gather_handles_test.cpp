#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/timeout.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

/// gather() over tasks that were started before: borrowed, by lvalue or span, and given away, by rvalue.
namespace {

using magpie::gather;
using magpie::gather_outcomes;
using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using namespace magpie_test;

/// Ends only when it is stopped, and then only after a while. Notes that.
task<int> ends_slowly(int& ended) {
  const witness w;
  auto clean_up = [&]() -> task<> {
    co_await magpie::sleep_for(3 * tick);
    ++ended;
  };
  co_await magpie::finally(sleeps_forever(), clean_up);
  co_return 0;
}

TEST(gather_handles, G9_results_of_borrowed_handles_are_taken) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      auto a = rt.spawn(value_after(2 * tick, 1));
      auto b = rt.spawn(ends_after(tick));
      auto [x, y] = co_await gather(a, b);
      static_cast<void>(y);
      EXPECT_EQ(x, 1);
      EXPECT_FALSE(a.valid());
      EXPECT_FALSE(b.valid());
      std::vector<join_handle<int>> many;
      for (int i = 0; i < 5; ++i) many.push_back(rt.spawn(value_after((5 - i) * tick, i)));
      const std::vector<int> values = co_await gather(std::span(many));
      EXPECT_EQ(values, (std::vector<int>{0, 1, 2, 3, 4}));
    });
  });
}

TEST(gather_handles, G9_the_first_failure_over_borrowed_handles_is_rethrown_at_once_and_the_others_run_on) {
  for_each_seed([](runtime& rt) {
    for (const bool range : {false, true}) {
      rt.block_on([&]() -> task<> {
        std::vector<join_handle<int>> hs;
        hs.push_back(rt.spawn(value_after(5 * tick, 1)));
        hs.push_back(rt.spawn(fails_after(3 * tick, "late")));
        hs.push_back(rt.spawn(fails_after(tick, "first")));
        const auto begin = magpie::clock::now();
        try {
          if (range) {
            co_await gather(hs);
          } else {
            co_await gather(hs[0], hs[1], hs[2]);
          }
          ADD_FAILURE();
        } catch (const std::range_error& e) {
          EXPECT_STREQ(e.what(), "first");
        }
        EXPECT_LT(magpie::clock::now() - begin, 2 * tick);
        EXPECT_TRUE(hs[0].valid());
        EXPECT_TRUE(hs[1].valid());
        EXPECT_FALSE(hs[2].valid());  // only its result was taken
        EXPECT_FALSE(hs[0].ready());
        const int one = co_await hs[0];
        EXPECT_EQ(one, 1);
        EXPECT_TRUE(hs[1].ready());
        EXPECT_THROW(hs[1].get(), std::range_error);
      });
    }
  });
}

TEST(gather_handles, G9_a_container_of_handles_that_is_given_away_is_cancelled_and_joined) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      int ended = 0;
      std::vector<join_handle<int>> hs;
      hs.push_back(rt.spawn(ends_slowly(ended)));
      hs.push_back(rt.spawn(fails_after(tick, "first")));
      hs.push_back(rt.spawn(ends_slowly(ended)));
      try {
        co_await gather(std::move(hs));
        ADD_FAILURE();
      } catch (const std::range_error&) {
        EXPECT_EQ(ended, 2);
        EXPECT_EQ(witness::alive(), 0);
      }
      // A limit does not keep from joining those whose turn would not have come.
      std::vector<join_handle<int>> more;
      more.push_back(rt.spawn(fails_after(tick, "first")));
      for (int i = 0; i < 3; ++i) more.push_back(rt.spawn(ends_slowly(ended)));
      try {
        co_await gather(magpie::limit{1}, std::move(more));
        ADD_FAILURE();
      } catch (const std::range_error&) {
        EXPECT_EQ(ended, 5);
        EXPECT_EQ(witness::alive(), 0);
      }
    });
  });
}

TEST(gather_handles, G9_under_a_stop_handles_given_away_are_joined_nevertheless) {
  for_each_seed([](runtime& rt) {
    for (int form = 0; form < 3; ++form) {
      int ended = 0;
      bool went_on = false;
      rt.block_on([&]() -> task<> {
        auto a = rt.spawn(ends_slowly(ended));
        auto b = rt.spawn(ends_slowly(ended));
        co_await magpie::sleep_for(tick);
        magpie::stop_source source;
        const auto body = [&]() -> task<> {
          source.request_stop();
          if (form == 0) {
            co_await gather(std::move(a), std::move(b));
          } else if (form == 1) {
            co_await magpie::race(gather(std::move(a), sleeps_forever()), std::move(b));
          } else {
            std::vector<join_handle<int>> both;
            both.push_back(std::move(a));
            both.push_back(std::move(b));
            co_await gather(std::move(both));
          }
          went_on = true;
        };
        const auto o = co_await magpie::as_outcome(magpie::with_stop_token(source.get_token(), body));
        EXPECT_TRUE(o.is_cancelled());
      });
      EXPECT_EQ(ended, 2);
      EXPECT_FALSE(went_on);
    }
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(gather_handles, G9_a_handle_that_is_given_away_is_cancelled_and_joined_like_a_task) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      int ended = 0;
      auto h = rt.spawn(ends_slowly(ended));
      co_await magpie::sleep_for(tick);
      try {
        co_await gather(std::move(h), fails_after(tick, "first"));
        ADD_FAILURE();
      } catch (const std::range_error&) {
        EXPECT_EQ(ended, 1);
        EXPECT_EQ(witness::alive(), 0);
      }
      // Its turn comes when the other has failed already.
      auto k = rt.spawn(ends_slowly(ended));
      co_await magpie::sleep_for(tick);
      auto fails = []() -> task<> {
        throw std::range_error("at once");
        co_return;
      };
      try {
        co_await gather(fails(), std::move(k));
        ADD_FAILURE();
      } catch (const std::range_error&) {
        EXPECT_EQ(ended, 2);
        EXPECT_EQ(witness::alive(), 0);
      }
    });
  });
}

TEST(gather_handles, G9_a_handle_given_to_other_combinators_is_cancelled_and_joined) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      int ended = 0;
      auto late = rt.spawn(ends_slowly(ended));
      co_await magpie::sleep_for(tick);
      try {
        co_await magpie::with_timeout(tick, std::move(late));
        ADD_FAILURE();
      } catch (const magpie::timed_out&) {
      }
      EXPECT_EQ(ended, 1);
      auto loser = rt.spawn(ends_slowly(ended));
      co_await magpie::sleep_for(tick);
      auto won = co_await magpie::race(std::move(loser), value_after(tick, 2));
      EXPECT_EQ(won.index(), 1u);
      EXPECT_EQ(ended, 2);
      auto slot = rt.spawn(ends_slowly(ended));
      auto stops = [&](magpie::stop_source& s) -> task<> {
        co_await magpie::sleep_for(tick);
        s.request_stop();
      };
      magpie::stop_source source;
      auto both = gather_outcomes(magpie::with_stop_token(source.get_token(), std::move(slot)), stops(source));
      auto o = co_await std::move(both);
      EXPECT_TRUE(std::get<0>(o).is_cancelled());
      EXPECT_EQ(ended, 3);
      EXPECT_EQ(witness::alive(), 0);
    });
  });
}

TEST(gather_handles, G9_a_handle_given_away_gives_its_result) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      auto a = rt.spawn(value_after(tick, 1));
      auto b = rt.spawn(fails_after(2 * tick, "b"));
      auto [x, y] = co_await gather_outcomes(std::move(a), std::move(b));
      EXPECT_EQ(x.value(), 1);
      EXPECT_EQ(text_of(y.error()), "b");
      // One that was cancelled by others is one that cancelled itself, to the gather.
      auto c = rt.spawn(sleeps_forever());
      c.cancel();
      try {
        co_await gather(std::move(c), sleeps_forever());
        ADD_FAILURE();
      } catch (const magpie::task_cancelled&) {
      }
      join_handle<int> invalid;
      try {
        co_await gather(std::move(invalid), sleeps_forever());
        ADD_FAILURE();
      } catch (const magpie::usage_error&) {
      }
    });
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(gather_handles, G10_cancelling_a_gather_cancels_the_tasks_and_waits_for_them) {
  for_each_seed([](runtime& rt) {
    // Borrowed one by one, as a range; given away as a container, one by one; with outcomes.
    for (int form = 0; form < 6; ++form) {
      SCOPED_TRACE("form " + std::to_string(form));
      int ended = 0;
      std::array<join_handle<int>, 2> hs{rt.spawn(ends_slowly(ended)), rt.spawn(ends_slowly(ended))};
      int ended_at_the_end = -1;
      bool went_on = false;
      struct notes {
        notes(int& from, int& to) : from_(from), to_(to) {}
        ~notes() { to_ = from_; }
        int& from_;
        int& to_;
      };
      auto h = rt.spawn([&]() -> task<> {
        const notes last(ended, ended_at_the_end);
        switch (form) {
          case 0:
            co_await gather(hs[0], hs[1]);
            break;
          case 1:
            co_await gather(hs);
            break;
          case 2:
            co_await gather_outcomes(hs[0], hs[1]);
            break;
          case 3:
            co_await gather_outcomes(std::span(hs));
            break;
          case 4: {
            std::vector<join_handle<int>> own;
            for (auto& one : hs) own.push_back(std::move(one));
            co_await gather(std::move(own));
            break;
          }
          default:
            co_await gather(std::move(hs[0]), std::move(hs[1]));
        }
        went_on = true;
      });
      rt.block_on(ends_after(2 * tick));
      EXPECT_TRUE(h.cancel());
      h.wait();
      EXPECT_TRUE(h.take().is_cancelled());
      EXPECT_EQ(ended_at_the_end, 2);
      EXPECT_FALSE(went_on);
      for (auto& one : hs) {
        if (!one.valid()) continue;
        EXPECT_TRUE(one.ready());
        EXPECT_TRUE(one.take().is_cancelled());
      }
    }
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(gather, borrowed_handles_beside_other_children) {
  for_each_seed([](runtime& rt) {
    rt.block_on([](runtime& r) -> task<> {
      auto h = r.spawn(magpie_test::value_after(3 * tick, 7));
      auto [a, b, c] = co_await magpie::gather(magpie_test::value_after(tick, 1), h, magpie_test::value_after(tick, 2));
      EXPECT_EQ(a + b + c, 10);
      auto k = r.spawn(magpie_test::fails_after(tick, "k"));
      auto [x, y] = co_await magpie::gather_outcomes(k, magpie_test::value_after(tick, 2));
      EXPECT_TRUE(x.has_error());
      EXPECT_EQ(y.value(), 2);
    }(rt));
  });
}

TEST(gather, G9_a_borrowed_handle_beside_a_child_that_fails_runs_on) {
  for_each_seed([](runtime& rt) {
    rt.block_on([](runtime& r) -> task<> {
      auto h = r.spawn(magpie_test::value_after(9 * tick, 7));
      const auto o = co_await magpie::as_outcome(magpie::gather(h, magpie_test::fails_after(tick, "boom")));
      EXPECT_TRUE(o.has_error());
      EXPECT_FALSE(h.ready());
      EXPECT_EQ(co_await h, 7);
    }(rt));
  });
}

TEST(gather, G10_a_stop_cancels_a_borrowed_handle_beside_other_children) {
  for_each_seed([](runtime& rt) {
    rt.block_on([](runtime& r) -> task<> {
      auto h = r.spawn(magpie_test::sleeps_forever());
      const auto o = co_await magpie::as_outcome(
          magpie::with_timeout(tick, magpie::gather(magpie_test::value_after(9 * tick, 7), h)));
      EXPECT_TRUE(o.has_error());
      const auto ended = co_await magpie::as_outcome(h);
      EXPECT_TRUE(ended.is_cancelled());
    }(rt));
    EXPECT_EQ(magpie_test::witness::alive(), 0);
  });
}

TEST(gather, borrowed_handles_under_a_limit_and_in_a_race) {
  for_each_seed([](runtime& rt) {
    rt.block_on([](runtime& r) -> task<> {
      std::vector<magpie::join_handle<int>> handles;
      for (int i = 0; i < 3; ++i) handles.push_back(r.spawn(magpie_test::value_after((3 - i) * tick, i)));
      const auto [place, value] = co_await magpie::race(handles);
      EXPECT_EQ(place, 2u);
      EXPECT_EQ(value, 2);
      handles.pop_back();
      const std::vector<int> rest = co_await magpie::gather(magpie::limit{1}, handles);
      EXPECT_EQ(rest, (std::vector{0, 1}));
    }(rt));
  });
}

}  // namespace
