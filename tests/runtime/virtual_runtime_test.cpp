#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/runtime.hpp>
#include <magpie/shield.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/seed.hpp"
#include "support/witness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::clock;
using magpie::gather;
using magpie::get_runtime;
using magpie::join_handle;
using magpie::runtime;
using magpie::sleep_for;
using magpie::task;
using magpie::with_timeout;
using magpie::testing::deadlock;
using magpie::testing::virtual_runtime;
using magpie_test::gate;
using magpie_test::witness;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

using course = std::vector<int>;

task<int> number(int n) { co_return n; }
task<> forever() { co_await magpie::sleep_until(magpie::never); }
task<int> slowly(clock::duration length, int n) {
  co_await sleep_for(length);
  co_return n;
}
task<> notes(course& to, int n) {
  to.push_back(n);
  co_return;
}
task<> notes_thrice(course& to, int n) {
  for (int i = 0; i < 3; ++i) {
    to.push_back(n);
    co_await magpie::yield();
  }
}
task<> notes_late(course& to, int n, clock::duration length) {
  co_await sleep_for(length);
  to.push_back(n);
}

/// Spawns, gathers, sleeps, time-outs, stops, polls: what depends on the schedule is in `to`.
task<> varied(course& to) {
  runtime& rt = co_await get_runtime();
  std::vector<join_handle<void>> handles;
  for (int i = 0; i < 6; ++i) handles.push_back(rt.spawn(notes_thrice(to, i)));
  auto endless = rt.spawn(forever());
  co_await gather(notes(to, 10), notes(to, 11), notes_thrice(to, 12), gather(notes(to, 13), notes(to, 14)));
  co_await gather(notes_late(to, 20, 1ms), notes_late(to, 21, 1ms), notes_late(to, 22, 2ms));
  const auto limit = clock::now() + 20us;
  while (clock::now() < limit) co_await magpie::yield();
  try {
    co_await with_timeout(5ms, forever());
  } catch (const magpie::timed_out&) {
    to.push_back(30);
  }
  endless.cancel();
  for (auto& h : handles) co_await h;
}

struct result {
  course taken;
  std::uint64_t hash = 0;
  clock::duration elapsed{};
};
result run(std::uint64_t seed, unsigned workers, const std::function<task<>(course&)>& program = varied) {
  result r;
  virtual_runtime rt{{.seed = seed, .workers = workers}};
  rt.block_on(program(r.taken));
  r.hash = rt.trace_hash();
  r.elapsed = rt.elapsed();
  return r;
}

TEST(virtual_runtime, runs_tasks_and_gives_results) {
  virtual_runtime rt;
  EXPECT_EQ(rt.block_on(number(3)), 3);
  EXPECT_EQ(rt.spawn(number(4)).get(), 4);
  auto fails = []() -> task<> {
    throw std::range_error("away");
    co_return;
  };
  EXPECT_THROW(rt.block_on(fails), std::range_error);
  EXPECT_EQ(rt.elapsed(), 0s);
  EXPECT_EQ(rt.workers(), 1u);
  EXPECT_EQ(rt.metrics().started, 3u);
  EXPECT_EQ(rt.metrics().finished, 3u);
}

TEST(virtual_runtime, wants_between_one_and_1024_workers) {
  EXPECT_THROW(virtual_runtime({.workers = 0}), std::invalid_argument);
  EXPECT_THROW(virtual_runtime({.workers = 1025}), std::invalid_argument);
  virtual_runtime many{{.workers = 1024}};
  EXPECT_EQ(many.block_on(number(1)), 1);
}

TEST(virtual_runtime, is_the_runtime_of_its_tasks) {
  virtual_runtime rt{{.workers = 3}};
  rt.block_on([&]() -> task<> {
    runtime& mine = co_await get_runtime();
    EXPECT_EQ(&mine, &rt);
    EXPECT_EQ(mine.workers(), 3u);
    int n = co_await mine.spawn(number(5));
    EXPECT_EQ(n, 5);
    n = co_await magpie::on(mine, number(6));
    EXPECT_EQ(n, 6);
    EXPECT_EQ(mine.metrics().workers, 3u);
    EXPECT_EQ(mine.metrics().started, 3u);
  });
}

TEST(virtual_runtime, time_jumps_to_the_next_timer) {
  const auto before = std::chrono::steady_clock::now();
  virtual_runtime rt;
  rt.block_on(sleep_for(150ms));
  EXPECT_EQ(rt.elapsed(), 150ms);
  rt.block_on([]() -> task<> {
    const auto start = clock::now();
    co_await gather(sleep_for(1h), sleep_for(2h), sleep_for(30min));
    EXPECT_EQ(clock::now() - start, 2h + 1us);  // the second look is a microsecond later
  });
  EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
}

TEST(virtual_runtime, timers_go_off_in_order_at_their_times) {
  MAGPIE_TEST_USES_SEED(seed);
  virtual_runtime rt{{.seed = seed, .workers = 4}};
  std::vector<std::pair<int, clock::duration>> seen;
  rt.block_on([&]() -> task<> {
    const auto nap = [&](int n) -> task<> {
      co_await sleep_for(std::chrono::milliseconds(n));
      seen.emplace_back(n, rt.elapsed());
    };
    co_await gather(nap(30), nap(10), nap(20), nap(40));
  });
  ASSERT_EQ(seen.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(seen[static_cast<std::size_t>(i)].first, (i + 1) * 10);
    EXPECT_EQ(seen[static_cast<std::size_t>(i)].second, (i + 1) * 10ms);
  }
}

TEST(virtual_runtime, time_stands_still_while_anything_is_ready) {
  virtual_runtime rt{{.workers = 2}};
  rt.block_on([&]() -> task<> {
    auto sleeper = (co_await get_runtime()).spawn(sleep_for(1ns));
    for (int i = 0; i < 1000; ++i) co_await magpie::yield();
    EXPECT_EQ(rt.elapsed(), 0ns);
    EXPECT_FALSE(sleeper.ready());
    co_await sleeper;
    EXPECT_EQ(rt.elapsed(), 1ns);
  });
}

TEST(virtual_runtime, a_poll_takes_a_microsecond_so_that_polling_loops_end) {
  virtual_runtime rt;
  rt.block_on([&]() -> task<> {
    const auto end = clock::now() + 1ms;
    while (clock::now() < end) {
    }
    co_return;
  });
  EXPECT_EQ(rt.elapsed(), 1ms + 1us);
}

TEST(virtual_runtime, a_deadline_passes_under_a_task_that_polls_its_token) {
  virtual_runtime rt;
  int polls = 0;
  const auto spin = [&]() -> task<> {
    magpie::stop_token token = co_await magpie::get_stop_token();
    while (!token.stop_requested()) ++polls;
  };
  // It looks only, and returns: its value wins over the deadline.
  rt.block_on([&]() -> task<> { co_await with_timeout(1ms, spin()); });
  EXPECT_NEAR(polls, 1000, 2);
}

TEST(virtual_runtime, a_timeout_stops_what_is_blocked) {
  virtual_runtime rt;
  EXPECT_THROW(rt.block_on([]() -> task<> { co_await with_timeout(3s, forever()); }), magpie::timed_out);
  EXPECT_EQ(rt.elapsed(), 3s);
  EXPECT_EQ(rt.block_on([]() -> task<int> { co_return co_await with_timeout(3s, slowly(1s, 7)); }), 7);
  EXPECT_EQ(rt.elapsed(), 4s);
}

TEST(virtual_runtime, plain_code_sees_the_machines_time) {
  virtual_runtime rt;
  const auto before = clock::now();
  rt.block_on(sleep_for(1000h));
  EXPECT_LT(clock::now() - before, 1h);
}

// Schedules ----------------------------------------------------------------------------------------------------------

TEST(virtual_runtime, the_same_seed_takes_the_same_course) {
  for (const unsigned workers : {1u, 2u, 3u, 8u}) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const result once = run(seed, workers);
      const result again = run(seed, workers);
      ASSERT_EQ(once.hash, again.hash) << "seed " << seed << ", workers " << workers;
      ASSERT_EQ(once.taken, again.taken) << "seed " << seed << ", workers " << workers;
      ASSERT_EQ(once.elapsed, again.elapsed) << "seed " << seed << ", workers " << workers;
    }
  }
}

TEST(virtual_runtime, different_seeds_take_different_courses) {
  for (const unsigned workers : {1u, 2u, 4u}) {
    std::set<std::uint64_t> hashes;
    std::set<course> courses;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const result r = run(seed, workers);
      hashes.insert(r.hash);
      courses.insert(r.taken);
    }
    EXPECT_GT(hashes.size(), 195u) << workers;
    EXPECT_GT(courses.size(), 150u) << workers;
  }
}

TEST(virtual_runtime, other_courses_have_other_hashes) {
  std::set<course> courses;
  std::set<std::uint64_t> hashes;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const result r =
        run(seed, 2, [](course& to) -> task<> { co_await gather(notes_thrice(to, 1), notes_thrice(to, 2)); });
    courses.insert(r.taken);
    hashes.insert(r.hash);
  }
  EXPECT_EQ(courses.size(), 20u);  // all interleavings of twice three steps
  EXPECT_GE(hashes.size(), courses.size());
}

TEST(virtual_runtime, children_that_never_suspend_come_in_all_orders_with_as_many_workers) {
  std::set<course> with_one;
  std::set<course> with_four;
  const auto program = [](course& to) -> task<> { co_await gather(notes(to, 1), notes(to, 2), notes(to, 3)); };
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    with_one.insert(run(seed, 1, program).taken);
    with_four.insert(run(seed, 4, program).taken);
  }
  EXPECT_EQ(with_one, (std::set<course>{{1, 2, 3}}));
  EXPECT_THAT(with_four, ::testing::Contains(course{3, 2, 1}));
  EXPECT_GE(with_four.size(), 4u);
}

TEST(virtual_runtime, a_gather_is_stolen_from) {
  std::uint64_t steals = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    virtual_runtime rt{{.seed = seed, .workers = 4}};
    course taken;
    rt.block_on([&]() -> task<> {
      std::vector<task<>> children;
      for (int i = 0; i < 100; ++i) children.push_back(notes_thrice(taken, i));
      co_await gather(std::move(children));
    });
    EXPECT_EQ(taken.size(), 300u);
    steals += rt.metrics().steals;
  }
  EXPECT_GT(steals, 100u);
}

TEST(virtual_runtime, of_timers_due_at_one_instant_any_comes_first) {
  std::set<course> courses;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    courses.insert(run(seed, 1, [](course& to) -> task<> {
                     co_await gather(notes_late(to, 1, 1s), notes_late(to, 2, 1s), notes_late(to, 3, 1s));
                   }).taken);
  }
  EXPECT_EQ(courses.size(), 6u);
}

TEST(virtual_runtime, a_timer_that_is_due_can_still_be_disarmed) {
  int ended = 0;
  int late = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    virtual_runtime rt{{.seed = seed}};
    rt.block_on([&]() -> task<> {
      try {
        co_await with_timeout(1s, sleep_for(1s));
        ++ended;
      } catch (const magpie::timed_out&) {
        ++late;
      }
    });
    EXPECT_EQ(rt.elapsed(), 1s);
  }
  EXPECT_EQ(ended + late, 100);
  EXPECT_GT(ended, 10);
  EXPECT_GT(late, 10);
}

TEST(virtual_runtime, failures_and_stops_leave_nothing_behind) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    virtual_runtime rt{{.seed = seed, .workers = 1 + static_cast<unsigned>(seed % 5)}};
    const auto fails = [](clock::duration after) -> task<int> {
      const witness w;
      co_await sleep_for(after);
      throw std::range_error("away");
    };
    const auto holds = [](int n) -> task<int> {
      const witness w(n);
      co_await gather(sleep_for(10ms), forever());
      co_return n;
    };
    EXPECT_THROW(rt.block_on([&]() -> task<> {
      auto h = (co_await get_runtime()).spawn(holds(1));
      co_await gather(fails(5ms), holds(2), holds(3), gather(holds(4), fails(5ms)));
    }),
                 std::range_error);
    EXPECT_EQ(rt.elapsed(), 5ms);
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(virtual_runtime, deep_chains_need_no_stack) {
  struct chain {
    static task<int> down(int n) {
      if (n == 0) co_return 0;
      co_return 1 + co_await down(n - 1);
    }
  };
  virtual_runtime rt{{.workers = 2}};
  EXPECT_EQ(rt.block_on(chain::down(100'000)), 100'000);
}

// Handles on plain code ----------------------------------------------------------------------------------------------

TEST(virtual_runtime, waits_of_a_handle_drive) {
  virtual_runtime rt;
  auto h = rt.spawn(slowly(10s, 5));
  EXPECT_FALSE(h.ready());
  EXPECT_FALSE(h.wait_for(4s));
  EXPECT_EQ(rt.elapsed(), 4s);
  EXPECT_FALSE(h.wait_for(0s));
  EXPECT_EQ(rt.elapsed(), 4s);
  EXPECT_TRUE(h.wait_for(6s));  // what can run at the last instant does
  EXPECT_EQ(rt.elapsed(), 10s);
  EXPECT_TRUE(h.wait_for(1h));
  EXPECT_EQ(h.get(), 5);
  EXPECT_EQ(rt.elapsed(), 10s);
  auto never_ends = rt.spawn(forever());
  EXPECT_FALSE(never_ends.wait_for(1h));  // no deadlock: the wait itself ends
  EXPECT_EQ(rt.elapsed(), 1h + 10s);
  EXPECT_TRUE(never_ends.cancel());
  EXPECT_THROW(never_ends.get(), magpie::task_cancelled);
}

TEST(virtual_runtime, a_handle_may_outlive_it) {
  join_handle<int> h;
  {
    virtual_runtime rt;
    h = rt.spawn(slowly(10s, 5));
  }
  EXPECT_TRUE(h.ready());
  EXPECT_TRUE(h.wait_for(1s));
  EXPECT_THROW(h.get(), magpie::task_cancelled);
}

TEST(virtual_runtime, blocking_inside_is_an_error) {
  virtual_runtime rt;
  rt.block_on([&]() -> task<> {
    auto h = rt.spawn(sleep_for(1s));
    EXPECT_THROW(h.get(), magpie::usage_error);
    EXPECT_THROW(h.wait(), magpie::usage_error);
    EXPECT_THROW(rt.block_on(number(1)), magpie::usage_error);
    virtual_runtime other;
    EXPECT_THROW(other.block_on(number(1)), magpie::usage_error);
    co_return;
  });
  runtime pool{{.workers = 1}};
  pool.block_on([&]() -> task<> {
    virtual_runtime other;
    EXPECT_THROW(other.block_on(number(1)), magpie::usage_error);
    co_return;
  });
}

TEST(virtual_runtime, two_of_them_stand_side_by_side) {
  virtual_runtime a;
  virtual_runtime b;
  auto in_a = a.spawn(slowly(1s, 1));
  auto in_b = b.spawn(slowly(2s, 2));
  EXPECT_EQ(in_b.get(), 2);
  EXPECT_EQ(a.elapsed(), 0s);
  EXPECT_EQ(in_a.get(), 1);
  EXPECT_EQ(a.elapsed(), 1s);
  EXPECT_EQ(b.elapsed(), 2s);
}

// Threads ------------------------------------------------------------------------------------------------------------

TEST(virtual_runtime, another_thread_may_not_spawn) {
  virtual_runtime rt;
  auto h = rt.spawn(sleep_for(1s));
  std::thread([&] {
    const auto holds = [](witness) -> task<> { co_return; };
    EXPECT_THROW(static_cast<void>(rt.spawn(holds(witness(1)))), magpie::usage_error);
    EXPECT_THROW(rt.block_on(number(1)), magpie::usage_error);
    EXPECT_THROW(h.get(), magpie::usage_error);
  }).join();
  EXPECT_NO_WITNESS_LEFT();
  h.get();
}

TEST(virtual_runtime_death, another_thread_may_not_make_a_task_go_on) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        virtual_runtime rt;
        auto h = rt.spawn(forever());
        EXPECT_FALSE(h.wait_for(1s));
        std::thread([&] { h.cancel(); }).join();
      },
      "another thread");
}

TEST(virtual_runtime_death, is_not_destroyed_by_its_own_task) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        std::optional<virtual_runtime> rt;
        rt.emplace();
        rt->block_on([&]() -> task<> {
          rt.reset();
          co_return;
        });
      },
      "destroyed by a task that runs on it");
}

// Deadlocks ----------------------------------------------------------------------------------------------------------

std::string deadlock_of(virtual_runtime& rt, task<> program) {
  try {
    rt.block_on(std::move(program));
  } catch (const deadlock& e) {
    return e.what();
  }
  return "no deadlock";
}

TEST(virtual_runtime, a_deadlock_is_thrown_and_says_who_waits_for_what) {
  virtual_runtime rt;
  auto blocked = rt.spawn(forever(), {.name = "sleepyhead"});
  EXPECT_FALSE(blocked.wait_for(1s));
  const std::string what = deadlock_of(rt, [](join_handle<void>& h) -> task<> {
    co_await sleep_for(2s);
    co_await gather(sleep_for(1s), [](join_handle<void>& j) -> task<> { co_await j; }(h));
  }(blocked));
  EXPECT_EQ(what, "magpie: deadlock: nothing can run, no timer is armed, and 2 tasks have not ended\n"
                  "task 'sleepyhead': blocked\n"
                  "  waits for a time, for 4 s\n"
                  "task: blocked\n"
                  "  children\n"
                  "    waits for a join_handle of 'sleepyhead', for 1 s\n");
  // The tasks are as they were, and the runtime goes on.
  EXPECT_EQ(rt.block_on(number(1)), 1);
  EXPECT_THROW(blocked.wait_for(1s), magpie::usage_error);  // somebody waits
  EXPECT_TRUE(blocked.cancel());
  rt.block_on(sleep_for(1s));
  EXPECT_FALSE(blocked.valid());  // taken by the one who waited
}

TEST(virtual_runtime, get_reports_a_deadlock_too) {
  virtual_runtime rt;
  auto h = rt.spawn(forever());
  EXPECT_THROW(h.get(), deadlock);
  EXPECT_THROW(h.wait(), deadlock);
  EXPECT_TRUE(h.valid());
  EXPECT_FALSE(h.wait_for(1s));
}

TEST(virtual_runtime, a_deadlock_counts_what_it_cannot_see) {
  virtual_runtime rt;
  gate g;
  const std::string what = deadlock_of(rt, [](gate& opens) -> task<> { co_await opens.opened(); }(g));
  EXPECT_THAT(what, HasSubstr("1 task that no stop must look for"));
  g.open();
}

TEST(virtual_runtime, what_is_deadlocked_is_ended_by_the_destructor) {
  {
    virtual_runtime rt{{.workers = 2}};
    const auto holds = []() -> task<> {
      const witness w;
      co_await forever();
    };
    EXPECT_THROW(rt.block_on([&]() -> task<> { co_await gather(holds(), holds()); }), deadlock);
    EXPECT_EQ(witness::alive(), 2);
  }
  EXPECT_NO_WITNESS_LEFT();
}

// The end ------------------------------------------------------------------------------------------------------------

TEST(virtual_runtime, the_destructor_stops_what_runs_and_runs_it_to_its_end) {
  course taken;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    taken.clear();
    {
      virtual_runtime rt{{.seed = seed, .workers = 3}};
      const auto endless = [](witness) -> task<> {
        for (;;) co_await sleep_for(1s);
      };
      const auto cleans_up = [](course& to) -> task<> {
        const auto work = [](course& c) -> task<> {
          co_await sleep_for(1min);
          c.push_back(1);
        };
        co_await magpie::shield(work(to));
        to.push_back(2);
      };
      rt.spawn(endless(witness(1))).detach();
      rt.spawn(cleans_up(taken)).detach();
      rt.block_on(sleep_for(10s));
      rt.spawn(endless(witness(2))).detach();  // it never starts
    }
    EXPECT_EQ(taken, (course{1, 2}));
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(virtual_runtime, tasks_of_one_that_ends_may_not_spawn) {
  bool refused = false;
  {
    virtual_runtime rt;
    rt.spawn([&]() -> task<> {
        co_await magpie::shield(sleep_for(1s));
        try {
          rt.spawn(number(1)).detach();
        } catch (const magpie::usage_error&) {
          refused = true;
        }
      }).detach();
    rt.block_on(sleep_for(1ms));  // it has started
  }
  EXPECT_TRUE(refused);
}

TEST(virtual_runtime, shutdown_waits_in_virtual_time) {
  virtual_runtime rt{{.workers = 2}};
  auto quick = rt.spawn(slowly(1s, 1), {.name = "quick"});
  auto slow = rt.spawn(slowly(1h, 2), {.name = "slow"});
  const magpie::shutdown_report report = rt.shutdown(10s);
  EXPECT_EQ(rt.elapsed(), 10s);
  EXPECT_EQ(report.finished, 1u);
  EXPECT_EQ(report.cancelled, 1u);
  EXPECT_THAT(report.cancelled_names, ::testing::ElementsAre("slow"));
  EXPECT_EQ(quick.get(), 1);
  EXPECT_THROW(slow.get(), magpie::task_cancelled);
  EXPECT_THROW(rt.spawn(number(1)).get(), magpie::usage_error);
  EXPECT_EQ(rt.shutdown(1s).finished, 0u);
}

TEST(virtual_runtime, a_shutdown_that_cannot_end_is_a_deadlock) {
  virtual_runtime rt;
  gate g;
  auto h = rt.spawn([&]() -> task<> { co_await g.opened(); });
  EXPECT_THROW(rt.shutdown(1s), deadlock);
  EXPECT_EQ(rt.elapsed(), 1s);
  g.open();
  h.get();
}

TEST(virtual_runtime, groups_are_part_of_the_tree) {
  virtual_runtime rt{{.workers = 2}};
  const std::string what = deadlock_of(rt, []() -> task<> {
    co_await magpie::with_task_group({.name = "crew"}, [](magpie::task_group& group) -> task<> {
      auto mate = group.spawn(forever(), {.name = "mate"});
      co_await sleep_for(1s);
      co_await magpie::with_timeout(magpie::clock::duration::max(), mate);
    });
  }());
  EXPECT_EQ(what, "magpie: deadlock: nothing can run, no timer is armed, and 2 tasks have not ended\n"
                  "task: blocked\n"
                  "  group 'crew': blocked\n"
                  "    body of the group\n"
                  "      waits for a join_handle of 'mate', for 0 ns\n"
                  "    task 'mate': blocked\n"
                  "      waits for a time, for 1 s\n");
}

TEST(virtual_runtime_death, what_ignores_the_stop_and_waits_for_ever_is_named) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        virtual_runtime rt;
        rt.spawn([]() -> task<> { co_await magpie::shield(forever()); }, {.name = "stubborn"}).detach();
        rt.block_on(sleep_for(1s));
      },
      "cannot end");
}

}  // namespace
