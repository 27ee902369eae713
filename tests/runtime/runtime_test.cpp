#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/proc.hpp"
#include "support/sanitizers.hpp"
#include "support/seed.hpp"
#include "support/stress_scale.hpp"
#include "support/whereabouts.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::all_sleep;
using magpie_test::comes_true;
using magpie_test::fewer_if_sanitized;
using magpie_test::gate;
using magpie_test::own_thread;
using magpie_test::race_rounds;
using magpie_test::sanitized;
using magpie_test::thread_after_a_wait;
using magpie_test::witness;
using namespace std::chrono_literals;

task<int> number(int n) { co_return n; }

task<long> fib(int n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}

std::vector<std::string> names_that_begin_with(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& t : magpie_test::threads_named(prefix)) names.push_back(t.name);
  std::sort(names.begin(), names.end());
  return names;
}

TEST(runtime, names_its_threads) {
  runtime rt{{.workers = 3, .thread_name = std::string("wren")}};
  EXPECT_EQ(rt.workers(), 3u);
  EXPECT_TRUE(comes_true([] { return names_that_begin_with("wren/").size() == 3; }));
  EXPECT_EQ(names_that_begin_with("wren/"), (std::vector<std::string>{"wren/0", "wren/1", "wren/2"}));
}

TEST(runtime, cuts_long_names_so_that_the_number_stays) {
  runtime rt{{.workers = 2, .thread_name = "a-name-of-more-than-fifteen-characters"}};
  EXPECT_TRUE(comes_true([] { return names_that_begin_with("a-name-of-mor").size() == 2; }));
  EXPECT_EQ(names_that_begin_with("a-name-of-mor"), (std::vector<std::string>{"a-name-of-mor/0", "a-name-of-mor/1"}));
}

TEST(runtime, leaves_no_thread_behind) {
  {
    runtime first{{.workers = 1, .thread_name = "first"}};
  }  // a sanitizer may start a thread of its own with the first one
  // A joined thread stands in /proc for a moment yet.
  ASSERT_TRUE(comes_true([] { return names_that_begin_with("first/").empty(); }));
  const std::size_t before = magpie_test::thread_count();
  {
    runtime rt{{.workers = 4}};
  }
  EXPECT_TRUE(comes_true([&] { return magpie_test::thread_count() <= before; }));
}

TEST(runtime, pins_each_worker_to_one_cpu_of_the_mask) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  runtime rt{{.workers = 3, .thread_name = "pinned", .pin_workers = true}};
  EXPECT_TRUE(comes_true([] { return names_that_begin_with("pinned/").size() == 3; }));
  std::map<std::string, std::string> cpus;
  for (const auto& t : magpie_test::threads_named("pinned/")) cpus[t.name] = t.allowed_cpus;
  for (const auto& [name, list] : cpus) {
    EXPECT_EQ(list.find_first_of(",-"), std::string::npos) << name << " may run on " << list;
    EXPECT_TRUE(CPU_ISSET(std::stoi(list), &all));
  }
  if (CPU_COUNT(&all) >= 2) {
    EXPECT_NE(cpus["pinned/0"], cpus["pinned/1"]);
  }
  if (CPU_COUNT(&all) == 2) {
    EXPECT_EQ(cpus["pinned/0"], cpus["pinned/2"]);
  }
}

TEST(runtime, B5_has_as_many_workers_as_the_affinity_mask_lets_it_use) {
  EXPECT_GE(runtime().workers(), 1u);
  // The mask is narrowed on a thread of its own: it is inherited by what that thread starts.
  std::thread([] {
    cpu_set_t all;
    ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
    int first = 0;
    while (!CPU_ISSET(first, &all)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    runtime rt;
    EXPECT_EQ(rt.workers(), 1u);
    EXPECT_EQ(rt.block_on(fib(10)), 55);
  }).join();
}

TEST(runtime, too_many_workers_are_an_invalid_argument) {
  EXPECT_THROW(runtime({.workers = 1025}), std::invalid_argument);
  EXPECT_THROW(runtime({.workers = ~0u}), std::invalid_argument);
}

TEST(runtime, B7_64_workers_on_few_cpus_are_right) {
  runtime rt{{.workers = 64}};
  EXPECT_EQ(rt.workers(), 64u);
  const int n = fewer_if_sanitized(20, 14);
  EXPECT_EQ(rt.block_on(fib(n)), sanitized ? 377 : 6765);
  std::vector<magpie::join_handle<long>> handles;
  for (int i = 0; i < 100; ++i) handles.push_back(rt.spawn(fib(10)));
  for (auto& h : handles) EXPECT_EQ(h.get(), 55);
}

TEST(runtime, B4_a_pool_of_one_runs_everything) {
  runtime rt{{.workers = 1}};
  EXPECT_EQ(rt.block_on(fib(15)), 610);
  gate g;
  auto waits = rt.spawn([&]() -> task<int> {
    co_await g.opened();
    co_return 1;
  });
  auto opens = rt.spawn([&]() -> task<int> {
    co_await magpie::yield();
    g.open();
    co_return 2;
  });
  EXPECT_EQ(rt.block_on([&]() -> task<int> {
    const int a = co_await waits;
    const int b = co_await opens;
    auto nested = rt.spawn([&]() -> task<int> {
      const int n = co_await rt.spawn(number(4));
      co_return n;
    });
    const int c = co_await nested;
    co_return a + b + c;
  }),
            7);
}

TEST(runtime, block_on_takes_whatever_can_be_awaited) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(rt.block_on(number(1)), 1);
  EXPECT_EQ(rt.block_on([] { return number(2); }), 2);
  auto [a, b] = rt.block_on(magpie::gather(number(3), number(4)));
  EXPECT_EQ(a + b, 7);
  auto handle = rt.spawn(number(5));
  EXPECT_EQ(rt.block_on(handle), 5);
  int target = 0;
  auto reference = [&]() -> task<int&> { co_return target; };
  EXPECT_EQ(&rt.block_on(reference()), &target);
  EXPECT_EQ(magpie::block_on(number(6)), 6);
  EXPECT_EQ(&magpie::default_runtime(), &magpie::default_runtime());
}

TEST(runtime, block_on_from_several_threads_at_once) {
  runtime rt{{.workers = 2}};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_EQ(rt.block_on(number(i)), i);
    });
  }
  for (std::thread& t : threads) t.join();
}

TEST(runtime, block_on_on_a_worker_is_a_usage_error) {
  runtime rt{{.workers = 2}};
  runtime other{{.workers = 1}};
  {
    bool ran = false;
    auto sets = [&](witness) -> task<> {
      ran = true;
      co_return;
    };
    rt.block_on([&]() -> task<> {
      EXPECT_THROW(rt.block_on(sets(witness())), magpie::usage_error);
      EXPECT_THROW(other.block_on(sets(witness())), magpie::usage_error);
      EXPECT_THROW(magpie::block_on(sets(witness())), magpie::usage_error);
      co_return;
    });
    EXPECT_FALSE(ran);
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(runtime, get_runtime_is_that_of_the_running_task) {
  runtime rt{{.workers = 2}};
  auto same = [&]() -> task<bool> {
    runtime& mine = co_await magpie::get_runtime();
    co_return &mine == &rt;
  };
  EXPECT_TRUE(rt.block_on(same()));
  EXPECT_TRUE(rt.spawn(same()).get());
  auto [a, b] = rt.block_on(magpie::gather(same(), same()));
  EXPECT_TRUE(a && b);
}

TEST(on, runs_there_and_goes_on_here) {
  runtime rt{{.workers = 2}};
  runtime other{{.workers = 1}};
  auto where = [&](runtime& expected) -> task<int> {
    EXPECT_EQ(&(co_await magpie::get_runtime()), &expected);
    co_await magpie::yield();
    EXPECT_EQ(&(co_await magpie::get_runtime()), &expected);
    co_return 1;
  };
  rt.block_on([&]() -> task<> {
    for (int i = 0; i < 200; ++i) {
      const int there = co_await magpie::on(other, where(other));
      EXPECT_EQ(there, 1);
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
    }
    const int same = co_await magpie::on(rt, where(rt));
    EXPECT_EQ(same, 1);
    auto callable = [&] { return where(other); };
    const int called = co_await magpie::on(other, callable);
    EXPECT_EQ(called, 1);
    auto back_and_forth = [&]() -> task<int> {
      const int n = co_await magpie::on(rt, where(rt));
      EXPECT_EQ(&(co_await magpie::get_runtime()), &other);
      co_return n;
    };
    const int nested = co_await magpie::on(other, back_and_forth());
    EXPECT_EQ(nested, 1);
    auto [x, y] = co_await magpie::gather(magpie::on(other, where(other)), where(rt));
    EXPECT_EQ(x + y, 2);
  });
}

TEST(on, brings_errors_back) {
  runtime rt{{.workers = 1}};
  runtime other{{.workers = 1}};
  auto fails = []() -> task<int&> {
    throw std::range_error("there");
    co_return *static_cast<int*>(nullptr);
  };
  rt.block_on([&]() -> task<> {
    EXPECT_THROW(co_await magpie::on(other, fails()), std::range_error);
    EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
  });
}

TEST(runtime, spawn_after_the_end_has_begun_is_a_usage_error_and_the_frame_is_destroyed) {
  std::atomic<bool> ran{false};
  std::atomic<int> refused{0};
  {
    gate closing;
    auto never_runs = [&](witness) -> task<> {
      ran = true;
      co_return;
    };
    std::optional<runtime> rt;
    rt.emplace(magpie::runtime_options{.workers = 2});
    struct spawns_when_it_dies {
      decltype(never_runs)& make;
      runtime& rt;
      std::atomic<int>& refused;
      ~spawns_when_it_dies() {
        try {
          rt.spawn(make(witness())).detach();
        } catch (const magpie::usage_error&) {
          refused.fetch_add(1);
        }
      }
    };
    gate runs;
    rt->spawn([&]() -> task<> {
        spawns_when_it_dies last{never_runs, *rt, refused};
        runs.open();
        for (;;) co_await magpie::yield();  // ends when the runtime's end stops it
      }).detach();
    ASSERT_TRUE(runs.wait());
    rt.reset();
  }
  EXPECT_EQ(refused.load(), 1);
  EXPECT_FALSE(ran.load());
  EXPECT_NO_WITNESS_LEFT();
}

task<> spins(witness, std::atomic<int>& turns) {
  for (;;) {
    turns.fetch_add(1, std::memory_order_relaxed);
    co_await magpie::yield();
  }
}

task<> waits_for_one_that_spins(runtime& rt, witness, std::atomic<int>& turns) {
  co_await rt.spawn(spins(witness(), turns));
}

TEST(runtime, its_end_stops_what_runs_and_destroys_what_is_queued) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  std::atomic<int> turns{0};
  for (race_rounds rounds(fewer_if_sanitized(10'000, 1'500)); rounds.more();) {
    runtime rt{{.workers = 1 + static_cast<unsigned>(random() % 2)}};
    for (std::uint64_t n = random() % 4; n > 0; --n) {
      switch (random() % 4) {
        case 0:
          rt.spawn(spins(witness(), turns)).detach();
          break;
        case 1:
          rt.spawn(magpie::gather(spins(witness(), turns), number(1), spins(witness(), turns))).detach();
          break;
        case 2:
          rt.spawn(fib(5)).detach();
          break;
        default:
          rt.spawn(waits_for_one_that_spins(rt, witness(), turns)).detach();
      }
    }
    if (random() % 8 == 0) {
      EXPECT_EQ(rt.block_on(number(3)), 3);
    }
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(runtime_death, ending_on_its_own_worker_says_why) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto* rt = new runtime({.workers = 1});
        auto suicide = [rt]() -> task<> {
          delete rt;
          co_return;
        };
        rt->block_on(suicide());
      },
      "a runtime is being destroyed by a task that runs on it");
}

TEST(runtime, a_task_may_end_another_runtime) {
  runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    runtime other{{.workers = 2}};
    const int n = co_await magpie::on(other, number(3));
    EXPECT_EQ(n, 3);
  });
}

TEST(runtime, a_million_submissions_from_four_threads_all_run) {
  constexpr int threads = 4;
  const int each = fewer_if_sanitized(250'000, 20'000);
  std::atomic<int> ran{0};
  {
    runtime rt{{.workers = 2}};
    auto count = [&]() -> task<> {
      ran.fetch_add(1, std::memory_order_relaxed);
      co_return;
    };
    std::vector<std::thread> submitters;
    for (int t = 0; t < threads; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < each; ++i) rt.spawn(count()).detach();
      });
    }
    for (std::thread& t : submitters) t.join();
    EXPECT_TRUE(comes_true([&] { return ran.load() == threads * each; }));
    const magpie::runtime_metrics m = rt.metrics();
    EXPECT_EQ(m.started, static_cast<std::uint64_t>(threads * each));
  }
  EXPECT_EQ(ran.load(), threads * each);
}

TEST(runtime, metrics_count) {
  runtime rt{{.workers = 2}};
  for (int i = 0; i < 10; ++i) static_cast<void>(rt.block_on(number(i)));
  EXPECT_TRUE(comes_true([&] { return rt.metrics().finished == 10; }));
  EXPECT_EQ(rt.metrics().workers, 2u);
  EXPECT_EQ(rt.metrics().started, 10u);
}

TEST(runtime, two_in_one_process_do_not_mix) {
  runtime a{{.workers = 1, .thread_name = "a"}};
  runtime b{{.workers = 1, .thread_name = "b"}};
  auto thread = []() -> task<std::thread::id> { co_return std::this_thread::get_id(); };
  const auto first = a.spawn(thread()).get();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(a.spawn(thread()).get(), first);
    EXPECT_NE(b.spawn(thread()).get(), first);
  }
}

// block_on() in the place of a worker that sleeps ---------------------------------------------------------------------

TEST(runtime, block_on_runs_its_task_on_the_calling_thread_while_a_worker_sleeps) {
  runtime rt{{.workers = 1}};
  const auto worker = rt.spawn(own_thread()).get();
  ASSERT_TRUE(comes_true([&] { return rt.block_on(own_thread()) == std::this_thread::get_id(); }));
  // Nobody takes its place in between.
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rt.block_on(own_thread()), std::this_thread::get_id());
  EXPECT_EQ(rt.spawn(own_thread()).get(), worker);
}

TEST(runtime, block_on_goes_on_elsewhere_when_its_task_waits) {
  runtime rt{{.workers = 1}};
  std::thread::id before;
  // Until the worker lay: only then there is a place to take.
  ASSERT_TRUE(comes_true([&] {
    EXPECT_NE(rt.block_on(thread_after_a_wait(before)), std::this_thread::get_id());
    return before == std::this_thread::get_id();
  }));
}

TEST(runtime, block_on_leaves_what_it_has_started_to_the_workers) {
  runtime rt{{.workers = 1}};
  std::atomic<int> ran = 0;
  constexpr int rounds = 200;
  for (int i = 0; i < rounds; ++i) {
    ASSERT_TRUE(all_sleep(rt));
    rt.block_on([&]() -> task<> {
      rt.spawn([&]() -> task<> {
          ++ran;
          co_return;
        }).detach();
      co_return;
    });
    ASSERT_TRUE(comes_true([&] { return ran.load() == i + 1; })) << "round " << i;
  }
}

TEST(runtime, what_comes_from_outside_during_a_block_on_is_run_after_it) {
  runtime rt{{.workers = 1}};
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(all_sleep(rt));
    std::atomic<bool> inside = false;
    std::atomic<bool> spawned = false;
    std::thread other([&] {
      while (!inside.load()) std::this_thread::yield();
      auto handle = rt.spawn(number(i));
      spawned = true;
      EXPECT_EQ(handle.get(), i);
    });
    rt.block_on([&]() -> task<> {
      inside = true;
      while (!spawned.load()) std::this_thread::yield();
      co_return;
    });
    other.join();
  }
}

TEST(runtime, R9_a_runtime_ends_while_threads_block_on_it) {
  for (race_rounds rounds(300); rounds.more();) {
    std::atomic<int> refused = 0;
    std::atomic<int> ran = 0;
    std::vector<std::thread> threads;
    auto rt = std::make_unique<runtime>(magpie::runtime_options{.workers = 2});
    std::atomic<int> begun = 0;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0;; ++i) {
          try {
            ran += rt->block_on(number(1));
          } catch (const magpie::usage_error&) {
            ++refused;
            return;
          } catch (const magpie::task_cancelled&) {
            // It was accepted, and the end came before it ran.
          }
          if (i == t) ++begun;
        }
      });
    }
    while (begun.load() < 3) std::this_thread::yield();
    static_cast<void>(rt->shutdown(std::chrono::seconds(0)));
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(refused.load(), 3);
    EXPECT_GE(ran.load(), 3);
  }
}

}  // namespace
