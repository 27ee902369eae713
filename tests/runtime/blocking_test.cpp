#include <magpie/blocking.hpp>
#include <magpie/cancellation.hpp>
#include <magpie/errors.hpp>
#include <magpie/gather.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using magpie::blocking;
using magpie::runtime;
using magpie::task;
using magpie_test::for_each_seed;
using namespace std::chrono_literals;

std::thread::id here() { return std::this_thread::get_id(); }

TEST(blocking, runs_on_a_thread_that_is_no_worker) {
  runtime rt{{.workers = 2}};
  rt.block_on([&]() -> task<> {
    const auto mine = here();
    EXPECT_NE(co_await blocking(here), mine);
    // It may block on what the workers do.
    EXPECT_EQ(co_await blocking([&rt] { return rt.block_on([]() -> task<int> { co_return 7; }); }), 7);
  });
  EXPECT_EQ(rt.metrics().blocking_calls, 2u);
  EXPECT_GE(rt.metrics().blocking_threads, 1u);
}

TEST(blocking, results_of_all_kinds) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      int place = 1;
      co_await blocking([&] { place = 2; });
      int& same = co_await blocking([&]() -> int& { return place; });
      EXPECT_EQ(&same, &place);
      EXPECT_EQ(place, 2);
      auto p = std::make_unique<int>(3);
      auto gives_it_back = [p = std::move(p)]() mutable { return std::move(p); };
      const auto q = co_await blocking(std::ref(gives_it_back));
      EXPECT_EQ(*q, 3);
      try {
        co_await blocking([]() -> int { throw std::range_error("boom"); });
        ADD_FAILURE();
      } catch (const std::range_error& e) {
        EXPECT_STREQ(e.what(), "boom");
      }
    });
  });
}

TEST(blocking, takes_no_virtual_time_and_is_on_no_worker) {
  magpie::testing::virtual_runtime rt{{.workers = 2}};
  runtime other{{.workers = 1}};
  rt.block_on([&]() -> task<> {
    const auto before = magpie::clock::now();
    EXPECT_EQ(co_await blocking([&] { return other.block_on([]() -> task<int> { co_return 5; }); }), 5);
    EXPECT_LT(magpie::clock::now() - before, 1ms);
  });
}

TEST(blocking, composes) {
  runtime rt{{.workers = 2}};
  rt.block_on([]() -> task<> {
    auto [a, b] = co_await magpie::gather(blocking([] { return 1; }), blocking([](magpie::stop_token) { return 2; }));
    EXPECT_EQ(a + b, 3);
  });
  EXPECT_EQ(rt.block_on(blocking([] { return std::string("x"); })), "x");
  EXPECT_EQ(rt.spawn(blocking([] { return 4; })).get(), 4);
}

TEST(blocking, the_calls_wait_for_each_other_so_each_has_a_thread) {
  runtime rt{{.workers = 1}};
  constexpr int n = 20;
  std::latch all(n);
  std::vector<magpie::join_handle<void>> handles;
  for (int i = 0; i < n; ++i) handles.push_back(rt.spawn(blocking([&] { all.arrive_and_wait(); })));
  for (auto& h : handles) h.get();
  EXPECT_EQ(rt.metrics().blocking_threads, static_cast<unsigned>(n));
}

TEST(blocking, never_more_threads_than_the_cap) {
  runtime rt{{.workers = 2, .blocking_threads = 3}};
  std::atomic<int> inside{0};
  std::atomic<int> peak{0};
  std::vector<magpie::join_handle<void>> handles;
  for (int i = 0; i < 200; ++i) {
    handles.push_back(rt.spawn(blocking([&] {
      const int now = ++inside;
      int seen = peak;
      while (seen < now && !peak.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::yield();
      --inside;
    })));
  }
  for (auto& h : handles) h.get();
  EXPECT_LE(peak, 3);
  EXPECT_LE(rt.metrics().blocking_threads, 3u);
  EXPECT_EQ(rt.metrics().blocking_calls, 200u);
}

TEST(blocking, no_threads_is_an_error) {
  EXPECT_THROW((runtime{{.workers = 1, .blocking_threads = 0}}), std::invalid_argument);
}

TEST(blocking, a_stop_waits_for_the_call_and_the_call_sees_it) {
  runtime rt{{.workers = 1}};
  std::atomic<bool> started{false};
  std::atomic<bool> returned{false};
  auto h = rt.spawn([&]() -> task<int> {
    co_return co_await blocking([&](const magpie::stop_token& stop) {
      started = true;
      while (!stop.stop_requested()) std::this_thread::yield();
      returned = true;
      return 9;
    });
  });
  while (!started) std::this_thread::yield();
  h.cancel();
  h.wait();
  EXPECT_TRUE(returned);
  EXPECT_EQ(h.get(), 9);  // what the call gave is delivered
}

TEST(blocking, a_deadline_reaches_the_call) {
  runtime rt{{.workers = 1}};
  // A busy machine may let the deadline pass before there is a thread for the call.
  std::atomic<bool> called{false};
  for (auto limit = 1ms; !called; limit *= 2) {
    const auto until_stopped = [&called](const magpie::stop_token& stop) {
      called = true;
      while (!stop.stop_requested()) std::this_thread::yield();
      return 1;
    };
    auto ended = magpie::as_outcome(magpie::with_timeout(limit, blocking(until_stopped)));
    auto result = rt.block_on(std::move(ended));
    if (called) {
      EXPECT_EQ(result.value(), 1);
    }
    ASSERT_LT(limit, 1min);
  }
}

TEST(blocking, a_stopped_task_does_not_begin_a_call) {
  for_each_seed([](runtime& rt) {
    bool called = false;
    auto h = rt.spawn([&]() -> task<> {
      magpie::stop_source source;
      source.request_stop();
      co_await magpie::with_stop_token(source.get_token(),
                                       [&]() -> task<> { co_await blocking([&] { called = true; }); });
    });
    h.wait();
    EXPECT_FALSE(called);
  });
}

TEST(blocking, shutdown_waits_for_calls) {
  std::atomic<int> returned{0};
  {
    runtime rt{{.workers = 2}};
    std::latch begun(10);
    for (int i = 0; i < 10; ++i) {
      rt.spawn(blocking([&](const magpie::stop_token& stop) {
          begun.count_down();
          while (!stop.stop_requested()) std::this_thread::yield();
          ++returned;
        }))
          .detach();
    }
    begun.wait();
  }
  EXPECT_EQ(returned, 10);
}

TEST(blocking, shutdown_from_a_call_is_an_error) {
  runtime rt{{.workers = 1}};
  EXPECT_THROW(rt.block_on(blocking([&] { rt.shutdown(0s); })), magpie::usage_error);
}

}  // namespace
