#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/proc.hpp"
#include "support/sanitizers.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::gate;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

/// CPU-bound code that never yields, until it is told to end.
void compute_until(const std::atomic<bool>& end) {
  while (!end.load(std::memory_order_relaxed)) {
  }
}

/// The best of several tries, and of more while it is not below `bound`: a machine with other work on it is late now
/// and then, a scheduler that forgets is late always.
template <class Try>
steady::duration best_of(int tries, steady::duration bound, Try once) {
  steady::duration best = steady::duration::max();
  const auto end = steady::now() + 30s;
  for (int i = 0; i < tries || (best >= bound && steady::now() < end); ++i) best = std::min(best, once());
  return best;
}

TEST(scheduling, B3_what_is_spawned_beside_cpu_bound_code_runs_elsewhere) {
  runtime rt{{.workers = 2}};
  const auto lateness = best_of(10, 20ms, [&] {
    return rt.block_on([&]() -> task<steady::duration> {
      std::atomic<bool> ran{false};
      steady::time_point when;
      auto other = [&]() -> task<> {
        when = steady::now();
        ran.store(true);
        co_return;
      };
      const auto begin = steady::now();
      auto h = rt.spawn(other());
      compute_until(ran);
      co_await h;
      co_return when - begin;
    });
  });
  EXPECT_LT(lateness, 20ms);
  RecordProperty("microseconds",
                 std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(lateness).count()));
}

/// One in the place of what was woken last, one in the queue: a thief that waits a little before it takes either must
/// not wait for both in turn.
TEST(scheduling, B3_what_is_woken_and_what_is_spawned_beside_cpu_bound_code_run_elsewhere) {
  runtime rt{{.workers = 2}};
  for (int round = 0; round < 50; ++round) {
    rt.block_on([&]() -> task<> {
      gate woken;
      std::atomic<int> ran{0};
      std::atomic<bool> both{false};
      const auto end = [&] {
        if (ran.fetch_add(1) == 1) both.store(true);
      };
      auto sleeper = [&]() -> task<> {
        co_await woken.opened();
        end();
      };
      auto other = [&]() -> task<> {
        end();
        co_return;
      };
      auto h = rt.spawn(sleeper());
      while (woken.waiters() == 0) co_await magpie::yield();
      woken.open();
      auto g = rt.spawn(other());
      compute_until(both);
      co_await g;
      co_await h;
    });
  }
}

TEST(scheduling, B3_several_tasks_behind_cpu_bound_code_run_elsewhere) {
  runtime rt{{.workers = 2}};
  const auto lateness = best_of(10, 20ms, [&] {
    return rt.block_on([&]() -> task<steady::duration> {
      std::atomic<int> left{20};
      std::atomic<bool> all{false};
      auto other = [&]() -> task<> {
        if (left.fetch_sub(1) == 1) all.store(true);
        co_return;
      };
      const auto begin = steady::now();
      std::vector<magpie::join_handle<void>> handles;
      for (int i = 0; i < 20; ++i) handles.push_back(rt.spawn(other()));
      compute_until(all);
      const auto took = steady::now() - begin;
      for (auto& h : handles) co_await h;
      co_return took;
    });
  });
  EXPECT_LT(lateness, 20ms);
}

TEST(scheduling, B3_a_sibling_of_cpu_bound_code_runs_elsewhere) {
  runtime rt{{.workers = 2}};
  const auto lateness = best_of(10, 20ms, [&] {
    std::atomic<bool> ran{false};
    const auto begin = steady::now();
    auto computes = [&]() -> task<> {
      compute_until(ran);
      co_return;
    };
    auto other = [&]() -> task<> {
      ran.store(true);
      co_return;
    };
    rt.block_on(magpie::gather(computes(), other()));
    return steady::now() - begin;
  });
  EXPECT_LT(lateness, 20ms);
}

TEST(scheduling, B3_a_task_from_outside_runs_beside_cpu_bound_code) {
  runtime rt{{.workers = 2}};
  std::atomic<bool> end{false};
  gate computes;
  auto busy = rt.spawn([&]() -> task<> {
    computes.open();
    compute_until(end);
    co_return;
  });
  ASSERT_TRUE(computes.wait());
  const auto lateness = best_of(10, 20ms, [&] {
    const auto begin = steady::now();
    auto nothing = []() -> task<> { co_return; };
    rt.spawn(nothing()).get();
    return steady::now() - begin;
  });
  EXPECT_LT(lateness, 20ms);
  end = true;
  busy.get();
}

TEST(scheduling, both_workers_of_two_work) {
  runtime rt{{.workers = 2}};
  // Two tasks that wait for each other, without any await: only two threads can run them.
  std::atomic<int> here{0};
  auto meets = [&]() -> task<> {
    here.fetch_add(1);
    while (here.load() < 2) std::this_thread::yield();
    co_return;
  };
  rt.block_on(magpie::gather(meets(), meets()));
  here = 0;
  auto a = rt.spawn(meets());
  auto b = rt.spawn(meets());
  a.get();
  b.get();
}

/// What all threads but the calling one have used.
std::chrono::microseconds cpu_time_of_others() {
  const auto used = [](int who) {
    rusage usage{};
    getrusage(who, &usage);
    const auto us = [](const timeval& t) { return t.tv_sec * 1'000'000 + t.tv_usec; };
    return std::chrono::microseconds(us(usage.ru_utime) + us(usage.ru_stime));
  };
  return used(RUSAGE_SELF) - used(RUSAGE_THREAD);
}

/// How often the workers' threads have gone to sleep.
std::uint64_t switches(const std::string& name) {
  std::uint64_t n = 0;
  for (const auto& t : magpie_test::threads_named(name)) n += t.voluntary_switches;
  return n;
}

/// Waits until all `count` threads of that name have lain down for good. One that waits for a processor does not sleep,
/// and one that has not begun has no name.
bool falls_asleep(const std::string& name, std::size_t count) {
  const auto all_sleep = [&] {
    const auto threads = magpie_test::threads_named(name);
    return threads.size() == count &&
           std::all_of(threads.begin(), threads.end(), [](const auto& t) { return t.state == 'S'; });
  };
  return comes_true([&] {
    const std::uint64_t before = switches(name);
    if (!all_sleep()) return false;
    std::this_thread::sleep_for(50ms);
    return all_sleep() && before == switches(name);
  });
}

/// Is run by whoever steals it; then its own second child is there for whoever is free.
task<bool> stolen_part(std::atomic<bool>& begun, std::thread::id caller) {
  begun.store(true);
  std::atomic<bool> second_ran{false};
  bool by_caller = false;
  auto first = [&]() -> task<> {
    compute_until(second_ran);
    co_return;
  };
  auto second = [&]() -> task<> {
    by_caller = std::this_thread::get_id() == caller;
    second_ran.store(true);
    co_return;
  };
  co_await magpie::gather(first(), second());
  co_return by_caller;
}

TEST(scheduling, the_caller_of_block_on_takes_part_where_others_have_stolen_its_task) {
  runtime rt{{.workers = 2}};
  const std::thread::id caller = std::this_thread::get_id();
  // It does not wait for long: on a busy machine another may come first, now and then.
  EXPECT_TRUE(comes_true([&] {
    return rt.block_on([&]() -> task<bool> {
      std::atomic<bool> begun{false};
      auto wait_for_thief = [&]() -> task<> {
        compute_until(begun);
        co_return;
      };
      const auto [nothing, by_caller] = co_await magpie::gather(wait_for_thief(), stolen_part(begun, caller));
      co_return by_caller;
    });
  }));
}

/// Children of somebody else's task, while a thread calls block_on() again and again.
TEST(scheduling, the_caller_of_block_on_runs_nobody_elses_forks) {
  runtime rt{{.workers = 2}};
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> over{false};
  std::atomic<int> theirs{0};
  std::atomic<int> by_caller{0};
  auto child = [&]() -> task<> {
    theirs.fetch_add(1);
    if (std::this_thread::get_id() == caller) by_caller.fetch_add(1);
    for (int i = 0; i < 100; ++i) static_cast<void>(over.load());
    co_return;
  };
  auto somebody_else = rt.spawn([&]() -> task<> {
    while (!over.load()) co_await magpie::gather(child(), child(), child(), child());
  });
  auto nothing = []() -> task<> { co_return; };
  auto short_part = [&]() -> task<> { co_await magpie::gather(nothing(), nothing()); };
  for (int i = 0; i < magpie_test::fewer_if_sanitized(20'000, 2'000); ++i) {
    rt.block_on([&]() -> task<> { co_await magpie::gather(short_part(), short_part(), short_part()); });
  }
  EXPECT_TRUE(comes_true([&] { return theirs.load() > 1000; }));
  over.store(true);
  somebody_else.get();
  EXPECT_EQ(by_caller.load(), 0);
}

TEST(scheduling, B2_an_idle_runtime_uses_no_cpu_and_wakes_no_thread) {
  // MAGPIE_TEST_IDLE_SECONDS=10 for the long run.
  const char* wish = std::getenv("MAGPIE_TEST_IDLE_SECONDS");
  const auto length = std::chrono::seconds(wish != nullptr ? std::max(1, std::atoi(wish)) : 2);
  // The sanitizers' own threads use some.
  constexpr std::chrono::microseconds bound = magpie_test::sanitized ? 100ms : 10ms;
  gate g;
  runtime rt{{.workers = 4, .thread_name = "idle"}};
  auto waits = rt.spawn([&]() -> task<> { co_await g.opened(); });  // a task that waits wakes nobody either
  auto nothing = []() -> task<> { co_return; };
  for (int i = 0; i < 100; ++i) rt.spawn(nothing()).get();

  // Beside it a thread that waits for nothing but its end: what wakes that, as it does when the process is stopped and
  // goes on, wakes all.
  std::atomic<bool> over{false};
  std::thread beside([&over] {
    pthread_setname_np(pthread_self(), "beside");
    over.wait(false);
  });
  EXPECT_TRUE(falls_asleep("idle/", rt.workers()));
  EXPECT_TRUE(falls_asleep("beside", 1));

  const auto cpu_before = cpu_time_of_others();
  const std::uint64_t of_beside_before = switches("beside");  // looked at before the others, and after them
  const std::uint64_t switches_before = switches("idle/");
  std::this_thread::sleep_for(length);
  const std::uint64_t switched = switches("idle/") - switches_before;
  const std::uint64_t of_beside = switches("beside") - of_beside_before;
  const auto used = cpu_time_of_others() - cpu_before;
  RecordProperty("microseconds", std::to_string(used.count()));
  EXPECT_LE(switched, rt.workers() * of_beside);
  EXPECT_LT(used, bound) << used.count() << " us";
  over = true;
  over.notify_one();
  beside.join();
  g.open();
  waits.get();
}

TEST(scheduling, R10_a_sleeping_pool_wakes_up_each_time) {
  runtime rt{{.workers = 3, .thread_name = "sleeper"}};
  auto nothing = []() -> task<> { co_return; };
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(falls_asleep("sleeper/", rt.workers()));
    rt.spawn(nothing()).get();
  }
}

}  // namespace
