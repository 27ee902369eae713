#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <utility>

/// What is a handle to something shared can be copied, assigned, swapped and compared, as those of the standard
/// library.
namespace {

using namespace std::chrono_literals;

TEST(interface, stop_sources_and_tokens_are_shared) {
  magpie::stop_source a;
  magpie::stop_source b;
  EXPECT_FALSE(a == b);
  magpie::stop_source c(a);
  EXPECT_TRUE(a == c);
  c = b;
  EXPECT_TRUE(b == c);
  swap(a, c);
  EXPECT_TRUE(a == b);
  a.swap(c);

  magpie::stop_token of_a = a.get_token();
  magpie::stop_token of_b = b.get_token();
  EXPECT_FALSE(of_a == of_b);
  swap(of_a, of_b);
  EXPECT_TRUE(of_b == a.get_token());
  of_a.swap(of_b);
  EXPECT_TRUE(a.request_stop());
  EXPECT_FALSE(a.request_stop());
  EXPECT_TRUE(of_a.stop_requested());
  EXPECT_FALSE(of_b.stop_requested());
  EXPECT_TRUE(a.stop_requested());
  EXPECT_TRUE(a.stop_possible());

  magpie::stop_source empty(std::move(a));
  EXPECT_FALSE(a.stop_possible());  // NOLINT(bugprone-use-after-move): what it is then
  EXPECT_FALSE(a.request_stop());
  magpie::stop_source copy(a);
  EXPECT_FALSE(copy.stop_possible());
}

TEST(interface, groups_are_copied_and_assigned) {
  magpie::testing::virtual_runtime rt;
  rt.block_on(magpie::with_task_group([](magpie::task_group& outer) -> magpie::task<> {
    magpie::task_group kept = outer;
    co_await magpie::with_task_group([&](magpie::task_group& inner) -> magpie::task<> {
      kept = inner;
      kept.spawn(magpie::sleep_for(1ms)).detach();
      EXPECT_EQ(inner.active(), 1u);
      EXPECT_EQ(outer.active(), 0u);
      co_return;
    });
    kept = outer;
    kept.spawn(magpie::sleep_for(1ms)).detach();
    EXPECT_EQ(outer.active(), 1u);
    co_return;
  }));
}

TEST(interface, a_barrier_of_nobody) {
  EXPECT_THROW(magpie::barrier(0), std::invalid_argument);
  magpie::barrier one(1);
  one.arrive_and_drop();
  EXPECT_THROW(one.arrive_and_drop(), magpie::usage_error);
}

TEST(interface, a_used_task_is_no_child) {
  magpie::testing::virtual_runtime rt;
  std::vector<magpie::task<>> tasks(2);
  EXPECT_THROW(rt.block_on(magpie::gather(std::move(tasks))), magpie::usage_error);
  EXPECT_THROW(rt.block_on(magpie::gather(magpie::task<>(), magpie::task<>())), magpie::usage_error);
}

}  // namespace
