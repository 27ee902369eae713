#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"
#include "support/patience.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using magpie::clock;
using magpie::join_handle;
using magpie::outcome;
using magpie::runtime;
using magpie::stop_source;
using magpie::task;
using magpie::task_cancelled;
using magpie::with_stop_token;
using namespace magpie_test;

task<> nothing() { co_return; }
task<int> number(int n) { co_return n; }
task<> stops_itself(witness = witness()) {
  const witness local;
  co_await magpie::stopped();
}

/// Whether `f()`, a task, ends cancelled when a stop was requested before; it says by `went_on` that it did not.
bool is_stopped(runtime& rt, const std::function<task<>(stop_source&, bool&)>& f) {
  bool went_on = false;
  bool cancelled = false;
  rt.block_on([&]() -> task<> {
    stop_source source;
    const auto body = [&]() -> task<> { co_await f(source, went_on); };
    const outcome<void> o = co_await magpie::as_outcome(with_stop_token(source.get_token(), body));
    cancelled = o.is_cancelled() || o.has_error();
    co_await magpie::checkpoint();  // nobody asked us to stop
  });
  EXPECT_NE(cancelled, went_on);
  EXPECT_NO_WITNESS_LEFT();
  return !went_on;
}

/// Where a task that was asked to stop ends: each of these starts a child, must suspend, or always looks.
const std::vector<std::pair<const char*, task<> (*)(runtime&, join_handle<void>&)>> stop_points = {
    {"checkpoint", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::checkpoint(); }},
    {"yield", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::yield(); }},
    {"stopped", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::stopped(); }},
    {"sleep_for", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::sleep_for(tick); }},
    {"sleep_until", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::sleep_until(magpie::never); }},
    {"a task", [](runtime&, join_handle<void>&) -> task<> { co_await sleeps_forever(); }},
    {"gather", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::gather(nothing(), nothing()); }},
    {"gather_outcomes",
     [](runtime&, join_handle<void>&) -> task<> { co_await magpie::gather_outcomes(nothing(), nothing()); }},
    {"race", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::race(nothing(), nothing()); }},
    {"as_outcome", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::as_outcome(nothing()); }},
    {"with_timeout", [](runtime&, join_handle<void>&) -> task<> { co_await magpie::with_timeout(tick, nothing()); }},
    {"with_stop_token",
     [](runtime&, join_handle<void>&) -> task<> { co_await with_stop_token(magpie::stop_token(), nothing()); }},
    {"with_task_group",
     [](runtime&, join_handle<void>&) -> task<> {
       const auto body = [](magpie::task_group&) -> task<> { co_return; };
       co_await magpie::with_task_group(body);
     }},
    {"a handle", [](runtime&, join_handle<void>& h) -> task<> { co_await h; }},
    {"wait", [](runtime&, join_handle<void>& h) -> task<> { co_await magpie::wait(std::span(&h, 1)); }},
    {"wait_any", [](runtime&, join_handle<void>& h) -> task<> { co_await magpie::wait_any(h); }},
};

TEST(cancellation, C0_C1_every_stop_point_looks) {
  for_each_seed([](runtime& rt) {
    auto endless = rt.spawn([]() -> task<> { co_await magpie::sleep_until(magpie::never); });
    for (const auto& [name, point] : stop_points) {
      SCOPED_TRACE(name);
      const auto first = [&](stop_source& source, bool& went_on) -> task<> {
        source.request_stop();
        co_await point(rt, endless);
        went_on = true;
      };
      EXPECT_TRUE(is_stopped(rt, first));
      // The stop stays: it is seen after what it did not reach, too.
      const auto later = [&](stop_source& source, bool& went_on) -> task<> {
        source.request_stop();
        co_await magpie::shield(ends_after(tick));
        co_await magpie::shield(nothing());
        co_await point(rt, endless);
        went_on = true;
      };
      EXPECT_TRUE(is_stopped(rt, later));
    }
    EXPECT_FALSE(endless.ready());
    endless.cancel();
    endless.wait();
    EXPECT_TRUE(endless.take().is_cancelled());
  });
}

TEST(cancellation, C0_what_can_complete_at_once_completes) {
  for_each_seed([](runtime& rt) {
    auto ready = rt.spawn(number(3));
    ready.wait();
    int got = 0;
    EXPECT_TRUE(is_stopped(rt, [&](stop_source& source, bool& went_on) -> task<> {
      source.request_stop();
      got = co_await ready;
      co_await magpie::gather();  // of nothing: ready at once
      got += 1;
      co_await magpie::checkpoint();
      went_on = true;
    }));
    EXPECT_EQ(got, 4);
  });
}

TEST(cancellation, C1_a_stop_is_seen_by_all_of_a_scope_whenever_they_look) {
  for_each_seed([](runtime& rt) {
    int went_on = 0;
    int looked = 0;
    auto looks_after = [&](std::chrono::nanoseconds length) -> task<> {
      const witness w;
      co_await magpie::shield(magpie::sleep_for(length));
      ++looked;
      co_await magpie::checkpoint();
      ++went_on;
    };
    auto h = rt.spawn([&]() -> task<> {
      co_await magpie::gather(looks_after(2 * tick), looks_after(3 * tick), looks_after(4 * tick));
      ++went_on;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_EQ(looked, 3);
    EXPECT_EQ(went_on, 0);
    EXPECT_EQ(rt.block_on(number(1)), 1);
    EXPECT_NO_WITNESS_LEFT();
  });
}

struct notes_its_end {
  notes_its_end(std::string& to, char what) : to_(to), what_(what) {}
  notes_its_end(const notes_its_end&) = delete;
  notes_its_end& operator=(const notes_its_end&) = delete;
  ~notes_its_end() { to_ += what_; }

 private:
  std::string& to_;
  char what_;
};

TEST(cancellation, C2_nobody_catches_a_stop_and_destructors_run_innermost_first) {
  for_each_seed([](runtime& rt) {
    std::string order;
    bool caught = false;
    auto inner = [&]() -> task<> {
      const notes_its_end first(order, 'b');
      const notes_its_end second(order, 'a');
      try {
        co_await sleeps_forever();
      } catch (...) {
        caught = true;
      }
      caught = true;
    };
    auto middle = [&]() -> task<> {
      const notes_its_end n(order, 'c');
      try {
        co_await inner();
      } catch (...) {
        caught = true;
      }
      caught = true;
    };
    auto h = rt.spawn([&]() -> task<> {
      const notes_its_end n(order, 'd');
      co_await middle();
    });
    rt.block_on(ends_after(tick));
    EXPECT_EQ(order, "");
    EXPECT_TRUE(h.cancel());
    h.wait();
    EXPECT_EQ(order, "abcd");
    EXPECT_FALSE(caught);
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_NO_WITNESS_LEFT();
  });
}

struct throws_at_its_end {
  throws_at_its_end() {}
  ~throws_at_its_end() noexcept(false) { throw std::range_error("in a destructor"); }
};

TEST(cancellation_death, C2_a_destructor_that_throws_during_a_stop_terminates) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        runtime rt{{.workers = 1}};
        auto h = rt.spawn([]() -> task<> {
          const throws_at_its_end thrower;
          co_await magpie::stopped();
        });
        h.wait();
      },
      "");
}

TEST(cancellation, C5_cancel_of_what_has_finished_is_false_and_changes_nothing) {
  for_each_seed([](runtime& rt) {
    auto value = rt.spawn(number(4));
    auto failed = rt.spawn(fails_after(tick, "x"));
    auto cancelled = rt.spawn(stops_itself());
    value.wait();
    failed.wait();
    cancelled.wait();
    EXPECT_FALSE(value.cancel());
    EXPECT_FALSE(failed.cancel());
    EXPECT_FALSE(cancelled.cancel());
    EXPECT_EQ(value.get(), 4);
    EXPECT_THROW(failed.get(), std::range_error);
    EXPECT_THROW(cancelled.get(), task_cancelled);
    EXPECT_FALSE(value.cancel());  // invalid by now
  });
}

TEST(cancellation, C5_before_the_first_run_the_body_never_runs) {
  for_each_seed([](runtime& rt) {
    int ran = 0;
    auto body = [&](witness) -> task<> {
      ++ran;
      co_return;
    };
    rt.block_on([&]() -> task<> {
      // In virtual time nothing else runs before we suspend.
      auto h = rt.spawn(body(witness(1)));
      EXPECT_TRUE(h.cancel());
      EXPECT_TRUE(h.cancel());
      const outcome<void> o = co_await magpie::as_outcome(h);
      EXPECT_TRUE(o.is_cancelled() || o.has_error());
    });
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(cancellation, C7_a_value_in_spite_of_the_stop_is_delivered) {
  for_each_seed([](runtime& rt) {
    bool saw = false;
    auto ignores = [&]() -> task<witness> {
      const magpie::stop_token token = co_await magpie::get_stop_token();
      co_await magpie::shield(magpie::sleep_for(2 * tick));
      saw = token.stop_requested();
      co_return witness(7);
    };
    auto h = rt.spawn(ignores());
    rt.block_on(ends_after(tick));
    EXPECT_TRUE(h.cancel());
    EXPECT_EQ(h.get().value(), 7);
    EXPECT_TRUE(saw);

    rt.block_on([&]() -> task<> {  // also where a combinator asks it to stop
      auto later = [](stop_source& s) -> task<> {
        co_await magpie::sleep_for(tick);
        s.request_stop();
      };
      stop_source source;
      auto both = magpie::gather(with_stop_token(source.get_token(), ignores()), later(source));
      auto [w, none] = co_await std::move(both);
      static_cast<void>(none);
      EXPECT_EQ(w.value(), 7);
      auto o = co_await magpie::gather_outcomes(with_stop_token(source.get_token(), ignores()));
      EXPECT_TRUE(std::get<0>(o).is_cancelled());  // it was stopped before the start
    });
    EXPECT_NO_WITNESS_LEFT();
  });
}

// with_stop_token ----------------------------------------------------------------------------------------------------

template <class Source>
class with_token : public testing::Test {};
using sources = testing::Types<stop_source, std::stop_source>;
TYPED_TEST_SUITE(with_token, sources);

TYPED_TEST(with_token, C8_a_request_stops_it_and_task_cancelled_is_thrown) {
  for_each_seed([](runtime& rt) {
    TypeParam source;
    auto requests = [&]() -> task<> {
      co_await magpie::sleep_for(tick);
      source.request_stop();
    };
    int thrown = 0;
    auto waits = [&]() -> task<> {
      try {
        co_await with_stop_token(source.get_token(), sleeps_forever());
      } catch (const task_cancelled&) {
        ++thrown;
      }
      co_await magpie::checkpoint();  // we were not asked
      ++thrown;
    };
    rt.block_on(magpie::gather(waits(), requests()));
    EXPECT_EQ(thrown, 2);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TYPED_TEST(with_token, C8_a_token_that_is_stopped_starts_nothing) {
  for_each_seed([](runtime& rt) {
    TypeParam source;
    source.request_stop();
    int ran = 0;
    auto body = [&](witness) -> task<int> {
      ++ran;
      co_return 1;
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(with_stop_token(source.get_token(), body(witness())))), task_cancelled);
    EXPECT_EQ(ran, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TYPED_TEST(with_token, C8_it_is_unregistered_when_it_ends) {
  for_each_seed([](runtime& rt) {
    TypeParam source;
    rt.block_on([&]() -> task<> {
      const int one = co_await with_stop_token(source.get_token(), value_after(tick, 1));
      EXPECT_EQ(one, 1);
      try {
        co_await with_stop_token(source.get_token(), fails_after(tick, "x"));
        ADD_FAILURE();
      } catch (const std::range_error&) {
      }
      source.request_stop();  // nobody hears it
      co_await magpie::checkpoint();
      const int two = co_await value_after(tick, 2);
      EXPECT_EQ(two, 2);
    });
  });
}

TYPED_TEST(with_token, C8_a_stop_of_the_one_who_waits_ends_both) {
  for_each_seed([](runtime& rt) {
    TypeParam source;
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      try {
        co_await with_stop_token(source.get_token(), sleeps_forever());
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
    source.request_stop();
    EXPECT_NO_WITNESS_LEFT();
  });
}

TYPED_TEST(with_token, C8_from_another_thread) {
  runtime rt{{.workers = 2}};
  for (int i = 0; i < 50; ++i) {
    TypeParam source;
    auto h = rt.spawn(with_stop_token(source.get_token(), sleeps_forever()));
    std::thread requests([&] { source.request_stop(); });
    EXPECT_THROW(h.get(), task_cancelled);
    requests.join();
  }
  EXPECT_NO_WITNESS_LEFT();
}

// stopped() ----------------------------------------------------------------------------------------------------------

task<> awaits_one_that_stops_itself(bool& went_on) {
  const witness w;
  try {
    co_await stops_itself();
  } catch (...) {
    went_on = true;
  }
  went_on = true;
}

TEST(cancellation, C9_stopped_ends_what_is_below_the_nearest_boundary) {
  for_each_seed([](runtime& rt) {
    bool went_on = false;
    EXPECT_THROW(rt.block_on(awaits_one_that_stops_itself(went_on)), task_cancelled);
    auto h = rt.spawn(awaits_one_that_stops_itself(went_on));
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    rt.block_on([&]() -> task<> {
      int thrown = 0;
      const auto counts = [&](auto awaited) -> task<> {
        try {
          static_cast<void>(co_await std::move(awaited));
        } catch (const task_cancelled&) {
          ++thrown;
        }
      };
      co_await counts(magpie::gather(awaits_one_that_stops_itself(went_on), sleeps_forever()));
      co_await counts(magpie::race(awaits_one_that_stops_itself(went_on), sleeps_forever()));
      co_await counts(magpie::with_timeout(tick, value_after(tick / 2, 1)));
      EXPECT_EQ(thrown, 2);
      try {
        co_await magpie::with_timeout(tick, awaits_one_that_stops_itself(went_on));
      } catch (const task_cancelled&) {
        ++thrown;
      }
      try {
        co_await magpie::shield(awaits_one_that_stops_itself(went_on));
      } catch (const task_cancelled&) {
        ++thrown;
      }
      EXPECT_EQ(thrown, 4);
      const outcome<void> o = co_await magpie::as_outcome(awaits_one_that_stops_itself(went_on));
      EXPECT_TRUE(o.is_cancelled());
      auto slots = co_await magpie::gather_outcomes(awaits_one_that_stops_itself(went_on), value_after(tick, 3));
      EXPECT_TRUE(std::get<0>(slots).is_cancelled());
      EXPECT_EQ(std::get<1>(slots).value(), 3);
      co_await magpie::checkpoint();
    });
    EXPECT_FALSE(went_on);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(cancellation, C9_a_boundary_whose_scope_is_stopped_ends_cancelled_itself) {
  for_each_seed([](runtime& rt) {
    int went_on = 0;
    auto by_outcome = rt.spawn([&]() -> task<> {
      const witness w;
      co_await magpie::as_outcome(sleeps_forever());
      ++went_on;
    });
    auto by_slots = rt.spawn([&]() -> task<> {
      const witness w;
      co_await magpie::gather_outcomes(sleeps_forever(), value_after(tick / 2, 1));
      ++went_on;
    });
    rt.block_on(ends_after(tick));
    by_outcome.cancel();
    by_slots.cancel();
    by_outcome.wait();
    by_slots.wait();
    EXPECT_TRUE(by_outcome.take().is_cancelled());
    EXPECT_TRUE(by_slots.take().is_cancelled());
    EXPECT_EQ(went_on, 0);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(cancellation, C11_a_stop_of_the_one_who_awaits_a_handle_leaves_its_task_alone) {
  for_each_seed([](runtime& rt) {
    auto target = rt.spawn(value_after(3 * tick, 5));
    bool went_on = false;
    for (int i = 0; i < 2; ++i) {  // and again
      auto waiter = rt.spawn([&]() -> task<> {
        co_await target;
        went_on = true;
      });
      rt.block_on(ends_after(tick));
      EXPECT_TRUE(waiter.cancel());
      waiter.wait();
      EXPECT_TRUE(waiter.take().is_cancelled());
      EXPECT_TRUE(target.valid());
      EXPECT_FALSE(target.ready());
    }
    EXPECT_FALSE(went_on);
    auto moved = std::move(target);  // would end the process, were somebody registered
    EXPECT_EQ(moved.get(), 5);
  });
}

}  // namespace
