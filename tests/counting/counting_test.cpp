#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using magpie::runtime;
using magpie::task;
using magpie::detail::access_counts;
using magpie::detail::counts_of_this_thread;

long tasks_run = 0;

task<long> fib(int n) {
  ++tasks_run;
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}
task<int> one() { co_return 1; }

/// What the worker did between the start of `work` and its end.
template <class Work>
access_counts count(runtime& rt, Work work) {
  access_counts counts;
  rt.block_on([&]() -> task<> {
    co_await work();  // so that frames are there
    tasks_run = 0;
    const access_counts before = counts_of_this_thread;
    co_await work();
    counts = counts_of_this_thread - before;
  });
  return counts;
}

TEST(counting, the_policy_counts) {
  magpie::detail::atomics::atomic<int> a{1};
  const access_counts before = counts_of_this_thread;
  a.fetch_sub(1, magpie::detail::relaxed);
  static_cast<void>(a.exchange(2, magpie::detail::relaxed));
  EXPECT_EQ((counts_of_this_thread - before).fetch_subs, 1u);
  EXPECT_EQ((counts_of_this_thread - before).read_modify_writes(), 2u);
}

TEST(counting, a_gather_of_which_nothing_is_stolen_does_no_read_modify_write) {
  runtime rt{{.workers = 1}};
  const access_counts c = count(rt, []() -> task<> {
    const long n = co_await fib(20);
    EXPECT_EQ(n, 6765);
  });
  const auto tasks = static_cast<std::uint64_t>(tasks_run);
  RecordProperty("tasks", std::to_string(tasks));
  RecordProperty("read_modify_writes", std::to_string(c.read_modify_writes()));
  RecordProperty("fetch_subs", std::to_string(c.fetch_subs));
  RecordProperty("compare_exchanges", std::to_string(c.compare_exchanges));
  RecordProperty("seq_cst_stores", std::to_string(c.seq_cst_stores));
  EXPECT_GT(tasks, 20'000u);
  EXPECT_EQ(c.fetch_subs, 0u);  // the join counters
  EXPECT_EQ(c.fetch_adds, 0u);
  EXPECT_EQ(c.fetch_bits, 0u);
  EXPECT_EQ(c.exchanges, 0u);
  // One pop for each gather; a gather is an inner node of a binary tree.
  EXPECT_EQ(c.seq_cst_stores, tasks / 2);
  // Only the pop of a deque's very last entry competes with thieves: on the way down the right edge of the tree.
  EXPECT_LE(c.compare_exchanges, tasks / 2);
}

TEST(counting, a_plain_await_touches_nothing_shared_for_writing) {
  runtime rt{{.workers = 1}};
  const access_counts c = count(rt, []() -> task<> {
    int sum = 0;
    for (int i = 0; i < 1000; ++i) sum += co_await one();
    EXPECT_EQ(sum, 1000);
  });
  EXPECT_EQ(c.read_modify_writes(), 0u);
  EXPECT_EQ(c.stores, 0u);
}

}  // namespace
