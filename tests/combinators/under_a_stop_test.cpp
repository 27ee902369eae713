#include <magpie/magpie.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

/// C0, C1: under a stop, nothing that would have to be started is started, and nobody waits.
namespace {

using namespace std::chrono_literals;
using magpie::task;
using magpie::testing::virtual_runtime;
using magpie_test::witness;

/// A task that is stopped and goes on inside a shield comes to `last` after it: there it must end as cancelled, at
/// once.
template <class Last>
void expect_end_at(Last last, const char* what) {
  SCOPED_TRACE(what);
  virtual_runtime rt;
  bool went_on = false;
  auto body = [&]() -> task<> {
    const witness local;
    co_await magpie::shield(magpie::sleep_for(2ms));
    static_cast<void>(co_await last());
    went_on = true;
  };
  auto h = rt.spawn(body);
  rt.block_on(magpie::sleep_for(1ms));
  h.cancel();
  rt.block_on(magpie::sleep_for(1ms + 1us));
  EXPECT_TRUE(h.ready());
  EXPECT_TRUE(h.take().is_cancelled());
  EXPECT_FALSE(went_on);
  EXPECT_NO_WITNESS_LEFT();
}

task<> never_runs(witness = witness()) {
  ADD_FAILURE() << "it was started";
  co_return;
}
magpie::generator<int> never_asked() {
  ADD_FAILURE() << "it was started";
  co_yield 1;
}
struct never_awaited {
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<>) { ADD_FAILURE() << "it was started"; }
  void await_resume() {}
};

TEST(under_a_stop, C1_nothing_is_started) {
  expect_end_at([] { return never_runs(); }, "a task");
  expect_end_at([] { return magpie::gather(never_runs(), never_runs()); }, "gather");
  expect_end_at([] { return magpie::gather_outcomes(never_runs(), never_runs()); }, "gather_outcomes");
  expect_end_at([] { return magpie::race(never_runs(), never_runs()); }, "race");
  expect_end_at([] { return magpie::as_outcome(never_runs()); }, "as_outcome");
  expect_end_at([] { return magpie::with_timeout(1h, never_runs()); }, "with_timeout");
  expect_end_at([] { return magpie::with_deadline(magpie::clock::now() - 1s, never_runs()); }, "a past deadline");
  expect_end_at(
      [] { return magpie::with_deadline_scope(magpie::never, [](magpie::deadline_scope&) { return never_runs(); }); },
      "with_deadline_scope");
  expect_end_at([] { return magpie::with_stop_token(std::stop_token(), never_runs()); }, "with_stop_token");
  expect_end_at([] { return magpie::with_task_group([](magpie::task_group&) { return never_runs(); }); },
                "with_task_group");
  expect_end_at([] { return magpie::blocking([] { ADD_FAILURE() << "it was called"; }); }, "blocking");
  expect_end_at([] { return magpie::parallel_for(0, 9, [](int) { ADD_FAILURE() << "it was called"; }); },
                "parallel_for");
  expect_end_at([]() -> task<> { co_await never_awaited(); }, "an awaiter of others");
  expect_end_at(
      []() -> task<> {
        auto g = never_asked();
        static_cast<void>(co_await g.next());
      },
      "next() of a generator");
}

TEST(under_a_stop, C1_nobody_waits) {
  expect_end_at([] { return magpie::sleep_for(1h); }, "sleep_for");
  expect_end_at([] { return magpie::yield(); }, "yield");
  expect_end_at([] { return magpie::checkpoint(); }, "checkpoint");
  expect_end_at([] { return magpie::stopped(); }, "stopped");
  magpie::event e;
  expect_end_at([&] { return e.wait(); }, "an event");
  magpie::semaphore s(0);
  expect_end_at([&] { return s.acquire(); }, "a semaphore");
  magpie::channel<int> c(1);
  expect_end_at([&] { return c.receive(); }, "a channel");
  magpie::completion<int> result;
  expect_end_at([&] { return result.wait(); }, "a completion");
  magpie::barrier b(2);
  expect_end_at([&] { return b.arrive_and_wait(); }, "a barrier");
}

TEST(under_a_stop, C0_what_is_there_is_given) {
  virtual_runtime rt;
  magpie::channel<int> c(1);
  magpie::semaphore s(1);
  magpie::event e(magpie::event_reset::manual, true);
  int got = 0;
  auto h = rt.spawn([&]() -> task<> {
    co_await magpie::shield(magpie::sleep_for(2ms));
    co_await e.wait();
    auto permit = co_await s.acquire();
    got = (co_await c.receive()).value_or(0);
    co_await magpie::checkpoint();
    got = -1;
  });
  EXPECT_TRUE(c.try_send(7));
  rt.block_on(magpie::sleep_for(1ms));
  h.cancel();
  rt.block_on(magpie::sleep_for(2ms));
  EXPECT_TRUE(h.take().is_cancelled());
  EXPECT_EQ(got, 7);
  EXPECT_EQ(s.available(), 1u);
}

TEST(under_a_stop, T5_a_join_ends) {
  virtual_runtime rt;
  bool went_on = false;
  auto h = rt.spawn(magpie::with_task_group([&](magpie::task_group& group) -> task<> {
    group.spawn(magpie::sleep_for(3ms)).detach();
    co_await magpie::shield(magpie::sleep_for(2ms));
    co_await group.join();
    went_on = true;
  }));
  rt.block_on(magpie::sleep_for(1ms));
  h.cancel();
  rt.block_on(magpie::sleep_for(5ms));
  EXPECT_TRUE(h.take().is_cancelled());
  EXPECT_FALSE(went_on);
}

}  // namespace
