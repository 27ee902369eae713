#include <magpie/gather.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/sanitizers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::gather;
using magpie::join_handle;
using magpie::runtime;
using magpie::sleep_for;
using magpie::task;
using magpie::task_group;
using magpie::testing::virtual_runtime;
using magpie_test::comes_true;
using magpie_test::gate;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

std::string dump_of(const runtime& rt) {
  std::ostringstream out;
  rt.dump(out);
  return out.str();
}

task<> forever() { co_await magpie::sleep_until(magpie::never); }

TEST(dump, of_an_idle_runtime) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(dump_of(rt), "magpie runtime with 2 workers: 0 tasks have not ended\n");
}

TEST(dump, names_what_is_blocked_for_what_and_how_long) {
  virtual_runtime rt;
  auto lunch = rt.spawn([]() -> task<> { co_await magpie::with_timeout(10s, gather(sleep_for(5s), forever())); },
                        {.name = "lunch"});
  EXPECT_FALSE(lunch.wait_for(2s));
  auto guest = rt.spawn([](join_handle<void>& h) -> task<> { co_await h; }(lunch), {.name = "guest"});
  EXPECT_FALSE(guest.wait_for(1s));
  gate g;
  auto foreign = rt.spawn([&]() -> task<> { co_await g.opened(); });
  EXPECT_FALSE(foreign.wait_for(1ms));
  EXPECT_EQ(dump_of(rt), "magpie runtime with 1 worker: 3 tasks have not ended\n"
                         "task 'lunch': blocked\n"
                         "  deadline in 6.999 s\n"
                         "    children\n"
                         "      waits for a time, for 3.001 s, goes on in 1.999 s\n"
                         "      waits for a time, for 3.001 s\n"
                         "task 'guest': blocked\n"
                         "  waits for a join_handle of 'lunch', for 1.001 s\n"
                         "and 1 task more that no stop must look for: ready to run, running, or suspended by an "
                         "awaiter that is not magpie's\n");
  g.open();
  guest.cancel();
  EXPECT_TRUE(guest.wait_for(1s));
}

TEST(dump, says_who_was_asked_to_stop) {
  virtual_runtime rt;
  gate g;
  auto h = rt.spawn(
      [&]() -> task<> {
        co_await sleep_for(1s);
        co_await g.opened();
      },
      {.name = "stubborn"});
  EXPECT_FALSE(h.wait_for(500ms));
  EXPECT_THAT(dump_of(rt), HasSubstr("task 'stubborn': blocked\n  waits for a time, for 500 ms, goes on in 500 ms\n"));
  EXPECT_FALSE(h.wait_for(1s));
  EXPECT_THAT(dump_of(rt), HasSubstr("task 'stubborn': runs, or is ready to\n"));
  h.cancel();
  EXPECT_THAT(dump_of(rt), HasSubstr("task 'stubborn': runs, or is ready to, asked to stop\n"));
  g.open();
  EXPECT_TRUE(h.wait_for(1s));
}

TEST(dump, of_a_pool_shows_a_group_and_its_children) {
  runtime rt{{.workers = 2}};
  const auto body = [](task_group& group) -> task<> {
    for (int i = 0; i < 3; ++i) {
      auto child = group.spawn(forever(), {.name = "a child with a name that is longer than most"});
      child.detach();
    }
    co_await group.join();
  };
  auto h =
      rt.spawn([&]() -> task<> { co_await magpie::with_task_group({.name = "family"}, body); }, {.name = "parents"});
  const std::string expected = "magpie runtime with 2 workers: 4 tasks have not ended\n"
                               "task 'parents': blocked\n"
                               "  group 'family': blocked\n"
                               "    task 'a child with a name that is longer than most': blocked\n"
                               "      waits for a time, for ";
  std::string text;
  EXPECT_TRUE(comes_true([&] {
    text = dump_of(rt);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find("    waits for a time, for ", at)) != std::string::npos; ++at) ++found;
    return found == 3 && text.find(expected) != std::string::npos;  // the children may be blocked before their parent
  })) << text;
  h.cancel();
  h.wait();
}

TEST(dump, a_deep_tree_needs_no_stack) {
  struct nested {
    static task<> down(int n) {
      if (n == 0) {
        co_await forever();
        co_return;
      }
      co_await gather(down(n - 1));
    }
  };
  constexpr int depth = magpie_test::fewer_if_sanitized(2'000, 200);  // the text grows with the square
  virtual_runtime rt;
  auto h = rt.spawn(nested::down(depth));
  EXPECT_FALSE(h.wait_for(1s));
  const std::string text = dump_of(rt);
  EXPECT_THAT(text, HasSubstr(std::string(2 * depth + 2, ' ') + "waits for a time, for 1 s\n"));
}

TEST(dump, may_be_asked_for_while_all_changes) {
  runtime rt{{.workers = 2}};
  std::atomic<bool> over{false};
  std::atomic<int> dumps{0};
  std::thread looker([&] {
    while (!over.load()) {
      const std::string text = dump_of(rt);
      EXPECT_THAT(text, HasSubstr("magpie runtime with 2 workers: "));
      ++dumps;
    }
  });
  const auto churn = [](int n) -> task<> {
    co_await gather(sleep_for(std::chrono::microseconds(n % 50)), sleep_for(10us), sleep_for(20us));
  };
  const int rounds = magpie_test::fewer_if_sanitized(300, 50);
  for (int round = 0; round < rounds || dumps.load() < 10; ++round) {
    std::vector<join_handle<void>> handles;
    for (int i = 0; i < 30; ++i) handles.push_back(rt.spawn(churn(i), {.name = "churn"}));
    auto blocked = rt.spawn(gather(forever(), forever()), {.name = "blocked"});
    for (auto& h : handles) h.get();
    blocked.cancel();
    blocked.wait();
  }
  over = true;
  looker.join();
}

}  // namespace
