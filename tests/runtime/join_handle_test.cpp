#include <magpie/join_handle.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/testing.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/stress_scale.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::gate;
using magpie_test::witness;
using namespace std::chrono_literals;

task<int> number(int n) { co_return n; }
task<int> fails(std::string what) {
  throw std::range_error(what);
  co_return 0;
}
task<int> after(gate& g, int n) {
  co_await g.opened();
  co_return n;
}

/// What on_unhandled was told.
struct reports {
  static inline std::mutex mutex;
  static inline std::vector<std::string> all;

  static void take(std::exception_ptr error, std::string_view name) {
    std::lock_guard guard(mutex);
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      all.push_back(std::string(name) + ": " + e.what());
    }
  }
  static std::size_t count() {
    std::lock_guard guard(mutex);
    return all.size();
  }
  static void clear() {
    std::lock_guard guard(mutex);
    all.clear();
  }
};

TEST(join_handle, a_default_made_one_is_invalid) {
  join_handle<int> h;
  EXPECT_FALSE(h.valid());
  EXPECT_FALSE(h.ready());
  EXPECT_THROW(h.get(), magpie::usage_error);
  EXPECT_THROW(h.wait(), magpie::usage_error);
  EXPECT_THROW(h.wait_for(1s), magpie::usage_error);
  EXPECT_THROW(static_cast<void>(h.take()), magpie::usage_error);
  h.detach();
}

TEST(join_handle, gives_its_result_once) {
  runtime rt{{.workers = 1}};
  join_handle<int> h = rt.spawn(number(3));
  EXPECT_TRUE(h.valid());
  EXPECT_EQ(h.get(), 3);
  EXPECT_FALSE(h.valid());
  EXPECT_FALSE(h.ready());
  EXPECT_THROW(h.get(), magpie::usage_error);
  EXPECT_THROW(rt.block_on([&]() -> task<int> { co_return co_await h; }), magpie::usage_error);
}

TEST(join_handle, moves_like_a_future) {
  runtime rt{{.workers = 1}};
  join_handle<int> a = rt.spawn(number(1));
  join_handle<int> b = std::move(a);
  EXPECT_FALSE(a.valid());
  EXPECT_TRUE(b.valid());
  a = rt.spawn(number(2));
  a = std::move(b);  // the second task runs on without a handle
  EXPECT_EQ(a.get(), 1);
  static_assert(!std::is_copy_constructible_v<join_handle<int>>);
  static_assert(std::is_nothrow_move_constructible_v<join_handle<int>>);
}

TEST(join_handle, get_rethrows) {
  runtime rt{{.workers = 1}};
  join_handle<int> h = rt.spawn(fails("away"));
  EXPECT_THROW(h.get(), std::range_error);
  EXPECT_FALSE(h.valid());
}

TEST(join_handle, every_kind_of_result) {
  struct rigid {
    explicit rigid(int v) : value(v) {}
    int value;
  };
  runtime rt{{.workers = 2}};
  int target = 0;
  auto nothing = []() -> task<> { co_return; };
  auto reference = [&]() -> task<int&> { co_return target; };
  auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto no_default = []() -> task<rigid> { co_return rigid(5); };
  rt.spawn(nothing()).get();
  EXPECT_EQ(&rt.spawn(reference()).get(), &target);
  EXPECT_EQ(*rt.spawn(pointer()).get(), 4);
  EXPECT_EQ(rt.spawn(no_default()).get().value, 5);
  rt.block_on([&]() -> task<> {
    co_await rt.spawn(nothing());
    int& r = co_await rt.spawn(reference());
    EXPECT_EQ(&r, &target);
    auto p = co_await rt.spawn(pointer());
    EXPECT_EQ(*p, 4);
    auto d = co_await rt.spawn(no_default());
    EXPECT_EQ(d.value, 5);
  });
  auto h = rt.spawn(nothing());
  h.wait();
  EXPECT_TRUE(h.take().has_value());
  auto hr = rt.spawn(reference());
  hr.wait();
  EXPECT_EQ(&hr.take().value(), &target);
  auto hp = rt.spawn(pointer());
  hp.wait();
  EXPECT_EQ(*hp.take().value(), 4);
}

TEST(join_handle, take_needs_a_ready_one_and_throws_nothing_of_the_task) {
  runtime rt{{.workers = 1}};
  gate g;
  join_handle<int> h = rt.spawn(after(g, 7));
  EXPECT_THROW(static_cast<void>(h.take()), magpie::usage_error);
  EXPECT_TRUE(h.valid());
  g.open();
  h.wait();
  EXPECT_TRUE(h.ready());
  EXPECT_EQ(h.take().value(), 7);
  EXPECT_FALSE(h.valid());

  join_handle<int> failed = rt.spawn(fails("kept"));
  failed.wait();
  magpie::outcome<int> o = failed.take();
  EXPECT_TRUE(o.has_error());
  EXPECT_THROW(static_cast<void>(o.value()), std::range_error);

  auto cancels = []() -> task<int> {
    throw magpie::task_cancelled();
    co_return 0;
  };
  join_handle<int> cancelled = rt.spawn(cancels());
  cancelled.wait();
  EXPECT_TRUE(cancelled.take().is_cancelled());
}

TEST(join_handle, C10_a_task_cancelled_that_escapes_ends_the_task_as_cancelled) {
  runtime rt{{.workers = 1, .on_unhandled = reports::take}};
  reports::clear();
  auto cancels = []() -> task<int> {
    throw magpie::task_cancelled();
    co_return 0;
  };
  EXPECT_THROW(rt.spawn(cancels()).get(), magpie::task_cancelled);
  EXPECT_THROW(rt.block_on(cancels()), magpie::task_cancelled);
  rt.spawn(cancels()).detach();
  rt.block_on(number(1));
  EXPECT_EQ(reports::count(), 0u);  // it is no error
}

TEST(join_handle, timed_waits) {
  runtime rt{{.workers = 1}};
  gate g;
  join_handle<int> h = rt.spawn(after(g, 1));
  EXPECT_FALSE(h.wait_for(0s));
  EXPECT_FALSE(h.wait_for(-1h));
  EXPECT_FALSE(h.wait_for(2ms));
  EXPECT_FALSE(h.wait_for(std::chrono::duration<double>(0.001)));
  EXPECT_FALSE(h.wait_until(magpie::clock::now() + 1ms));
  EXPECT_FALSE(h.wait_until(magpie::clock::time_point::min()));
  EXPECT_TRUE(h.valid());
  g.open();
  EXPECT_TRUE(h.wait_until(magpie::never));
  EXPECT_TRUE(h.wait_for(std::chrono::hours::max()));
  EXPECT_TRUE(h.wait_for(0s));
  EXPECT_EQ(h.get(), 1);
}

TEST(join_handle, a_timed_wait_is_not_too_short) {
  runtime rt{{.workers = 1}};
  gate g;
  join_handle<int> h = rt.spawn(after(g, 1));
  const auto begin = magpie::clock::now();
  EXPECT_FALSE(h.wait_for(20ms));
  EXPECT_GE(magpie::clock::now() - begin, 20ms);
  g.open();
  h.wait();
}

TEST(join_handle, timed_waits_race_with_the_end_and_lose_nothing) {
  runtime rt{{.workers = 2}};
  int late = 0;
  int in_time = 0;
  magpie_test::race_rounds rounds(2000);
  for (int i = 0; rounds.more(); ++i) {
    gate g;
    join_handle<int> h = rt.spawn(after(g, i));
    std::thread opener([&] { g.open(); });
    if (h.wait_for(std::chrono::microseconds(i % 150))) {
      ++in_time;
      EXPECT_TRUE(h.ready());
    } else {
      ++late;
    }
    EXPECT_EQ(h.get(), i);
    opener.join();
  }
  RecordProperty("late", late);
  RecordProperty("in_time", in_time);
}

TEST(join_handle, on_a_worker_waiting_is_a_usage_error_unless_ready) {
  runtime rt{{.workers = 2}};
  runtime other{{.workers = 1}};
  gate g;
  rt.block_on([&]() -> task<> {
    join_handle<int> own = rt.spawn(after(g, 1));
    join_handle<int> foreign = other.spawn(after(g, 2));
    for (join_handle<int>* h : {&own, &foreign}) {
      EXPECT_THROW(h->get(), magpie::usage_error);
      EXPECT_THROW(h->wait(), magpie::usage_error);
      EXPECT_THROW(h->wait_for(1h), magpie::usage_error);
      EXPECT_THROW(h->wait_until(magpie::never), magpie::usage_error);
      EXPECT_TRUE(h->valid());
    }
    g.open();
    while (!own.ready() || !foreign.ready()) co_await magpie::yield();
    own.wait();
    EXPECT_TRUE(foreign.wait_for(1h));
    EXPECT_EQ(own.get() + foreign.get(), 3);
  });
}

TEST(join_handle, a_second_waiter_is_a_usage_error_and_the_first_is_not_disturbed) {
  runtime rt{{.workers = 1}};
  gate g;
  gate first_runs;
  join_handle<int> h = rt.spawn(after(g, 5));
  join_handle<int> first = rt.spawn([&]() -> task<int> {
    first_runs.open();
    const int n = co_await h;
    co_return n;
  });
  ASSERT_TRUE(first_runs.wait());
  // With one worker, the first one has come to its wait when anything else has run.
  rt.block_on([]() -> task<> { co_await magpie::yield(); });
  EXPECT_THROW(h.wait_for(0s), magpie::usage_error);
  EXPECT_THROW(h.wait(), magpie::usage_error);
  EXPECT_THROW(h.get(), magpie::usage_error);
  EXPECT_THROW(rt.block_on([&]() -> task<int> { co_return co_await h; }), magpie::usage_error);
  g.open();
  EXPECT_EQ(first.get(), 5);
  EXPECT_FALSE(h.valid());
}

TEST(join_handle, may_outlive_its_runtime) {
  join_handle<int> value;
  join_handle<int> error;
  join_handle<std::unique_ptr<int>> pointer;
  join_handle<int> dropped;
  {
    runtime rt{{.workers = 1}};
    value = rt.spawn(number(3));
    error = rt.spawn(fails("after the end"));
    auto make = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
    pointer = rt.spawn(make());
    dropped = rt.spawn(number(5));
    value.wait();
    error.wait();
    pointer.wait();
    dropped.wait();
  }
  EXPECT_TRUE(value.ready());
  EXPECT_EQ(value.get(), 3);
  EXPECT_THROW(error.get(), std::range_error);
  EXPECT_EQ(*pointer.get(), 4);
}

TEST(join_handle, one_with_an_error_that_nobody_took_may_be_dropped_after_its_runtime) {
  join_handle<int> dropped;
  {
    runtime rt{{.workers = 1, .on_unhandled = reports::take}};
    dropped = rt.spawn(fails("dropped late"));
    dropped.wait();
  }
  dropped.detach();
}

TEST(join_handle, a_task_that_a_runtimes_end_cut_short_is_cancelled) {
  join_handle<int> waiting;
  join_handle<int> queued;
  {
    runtime rt{{.workers = 1}};
    waiting = rt.spawn([]() -> task<int> {
      for (;;) co_await magpie::yield();
    });
    queued = rt.spawn([]() -> task<int> {
      for (;;) co_await magpie::yield();
    });
  }
  EXPECT_TRUE(waiting.ready());
  EXPECT_THROW(waiting.get(), magpie::task_cancelled);
  EXPECT_TRUE(queued.take().is_cancelled());
}

TEST(join_handle, a_detached_task_runs_on) {
  {
    // All of this outlives the runtime, and with it the tasks.
    gate g;
    gate first_ran;
    gate second_ran;
    auto body = [&](gate& ran, witness) -> task<> {
      co_await g.opened();
      ran.open();
    };
    runtime rt{{.workers = 1}};
    rt.spawn(body(first_ran, witness())).detach();
    {
      const auto dropped = rt.spawn(body(second_ran, witness()));
    }
    g.open();
    EXPECT_TRUE(first_ran.wait());
    EXPECT_TRUE(second_ran.wait());
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(join_handle, an_error_nobody_can_receive_goes_to_on_unhandled_with_the_tasks_name) {
  reports::clear();
  {
    runtime rt{{.workers = 1, .on_unhandled = reports::take}};
    gate g;
    auto late = [&](std::string what) -> task<> {
      co_await g.opened();
      throw std::range_error(what);
    };
    rt.spawn(late("one"), {.name = std::string("first")}).detach();
    {
      const auto dropped = rt.spawn(late("two"), {.name = "second"});
    }
    rt.spawn(late("three")).detach();
    g.open();
    EXPECT_TRUE(comes_true([] { return reports::count() == 3; }));
    // One that has failed when its handle is dropped.
    auto failed = rt.spawn(fails("four"), {.name = "fourth"});
    failed.wait();
    EXPECT_EQ(reports::count(), 3u);
    failed = {};
    EXPECT_EQ(reports::count(), 4u);
    // One whose error somebody took is not reported.
    EXPECT_THROW(rt.spawn(fails("taken")).get(), std::range_error);
  }
  std::sort(reports::all.begin(), reports::all.end());
  EXPECT_EQ(reports::all, (std::vector<std::string>{": three", "first: one", "fourth: four", "second: two"}));
}

TEST(join_handle, by_default_such_an_error_is_a_line_on_stderr) {
  testing::internal::CaptureStderr();
  {
    runtime rt{{.workers = 1}};
    auto h = rt.spawn(fails("the disk is full"), {.name = "backup"});
    h.wait();
    h.detach();
    auto strange = []() -> task<> {
      throw 42;
      co_return;
    };
    auto s = rt.spawn(strange(), {.name = "odd"});
    s.wait();
    s.detach();
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("backup"), std::string::npos) << text;
  EXPECT_NE(text.find("the disk is full"), std::string::npos) << text;
  EXPECT_NE(text.find("odd"), std::string::npos) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
}

TEST(join_handle, the_waiter_goes_on_where_it_belongs) {
  runtime rt{{.workers = 2}};
  runtime other{{.workers = 1}};
  rt.block_on([&]() -> task<> {
    for (int i = 0; i < 200; ++i) {
      gate g;
      auto h = other.spawn(after(g, i));
      g.open();
      const int n = co_await h;
      EXPECT_EQ(n, i);
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
    }
  });
}

TEST(join_handle, an_rvalue_can_be_awaited) {
  runtime rt{{.workers = 2}};
  rt.block_on([&]() -> task<> {
    const int a = co_await rt.spawn(number(1));
    auto h = rt.spawn(number(2));
    const int b = co_await std::move(h);
    EXPECT_EQ(a + b, 3);
    EXPECT_FALSE(h.valid());
  });
  EXPECT_EQ(rt.block_on(rt.spawn(number(4))), 4);
  EXPECT_EQ(rt.spawn(rt.spawn(number(5))).get(), 5);
}

void wait_and_lose(void (*lose)(std::optional<join_handle<int>>&)) {
  runtime rt{{.workers = 1}};
  gate g;
  std::optional<join_handle<int>> h = rt.spawn(after(g, 1));
  gate waits;
  auto waiter = rt.spawn([&]() -> task<int> {
    waits.open();
    co_return co_await *h;
  });
  static_cast<void>(waits.wait());
  while (g.waiters() == 0) std::this_thread::yield();
  rt.block_on([]() -> task<> { co_await magpie::yield(); });  // one worker: the waiter waits when this has run
  lose(h);
}

TEST(join_handle_death, destroying_or_moving_it_while_somebody_waits_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(wait_and_lose([](auto& h) { h.reset(); }), "join_handle is being moved or destroyed while");
  EXPECT_DEATH(wait_and_lose([](auto& h) { join_handle<int> other = std::move(*h); }), "moved or destroyed while");
  EXPECT_DEATH(wait_and_lose([](auto& h) { *h = join_handle<int>(); }), "moved or destroyed while");
  EXPECT_DEATH(wait_and_lose([](auto& h) { h->detach(); }), "moved or destroyed while");
}

// There the thread that waits runs the task itself, which can reach the handle.
void drive_and_lose() {
  magpie::testing::virtual_runtime rt{{.seed = 1, .workers = 2}};
  join_handle<int> h;
  h = rt.spawn([&]() -> task<int> {
    const join_handle<int> other = std::move(h);
    co_return 1;
  });
  static_cast<void>(h.get());
}

TEST(join_handle_death, moving_it_while_somebody_drives_a_virtual_runtime_for_it_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(drive_and_lose(), "join_handle is being moved or destroyed while");
}

TEST(join_handle, a_virtual_wait_that_is_over_has_left_nobody_behind) {
  magpie::testing::virtual_runtime rt{{.seed = 1, .workers = 2}};
  auto h = rt.spawn([]() -> task<int> {
    co_await magpie::sleep_for(std::chrono::seconds(10));
    co_return 7;
  });
  EXPECT_FALSE(h.wait_for(std::chrono::seconds(1)));
  EXPECT_FALSE(h.wait_for(std::chrono::seconds(1)));
  auto moved = std::move(h);
  EXPECT_EQ(moved.get(), 7);
}

}  // namespace
