#include <magpie/magpie.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>

namespace {

using namespace std::chrono_literals;
using magpie::task;
using magpie::task_group;
using magpie::usage_error;
using magpie::testing::virtual_runtime;
using magpie_test::witness;

TEST(misuse, T9_join_of_a_copy_after_the_end_is_refused) {
  virtual_runtime rt;
  rt.block_on([]() -> task<> {
    std::optional<task_group> copy;
    co_await magpie::with_task_group([&](task_group& group) -> task<> {
      copy = group;
      group.spawn(magpie::sleep_for(1ms)).detach();
      co_return;
    });
    bool refused = false;
    try {
      co_await copy->join();
    } catch (const usage_error&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

TEST(misuse, T9_what_is_spawned_into_a_cancelled_group_is_cancelled_at_once) {
  virtual_runtime rt;
  for (const auto policy : {magpie::on_error::cancel_rest, magpie::on_error::keep_running}) {
    rt.block_on(magpie::with_task_group({.policy = policy}, [](task_group& group) -> task<> {
      const witness kept;
      group.cancel();
      auto child = [kept]() -> task<> {
        ADD_FAILURE() << "it ran";
        co_return;
      };
      auto handle = group.spawn(child);
      EXPECT_TRUE(handle.ready());
      EXPECT_FALSE(handle.cancel());
      EXPECT_EQ(group.active(), 0u);
      EXPECT_TRUE(handle.take().is_cancelled());
      group.spawn(child).detach();
      auto shared = group.spawn(child).share();
      EXPECT_TRUE(shared.ready());
      co_await magpie::checkpoint();
      ADD_FAILURE() << "the body went on";
    }));
    EXPECT_NO_WITNESS_LEFT();
  }
}

TEST(misuse, T9_C4_a_clean_up_that_is_due_runs_in_a_cancelled_group) {
  virtual_runtime rt;
  int cleaned = 0;
  rt.block_on(magpie::with_task_group([&](task_group& group) -> task<> {
    group.cancel();
    group
        .spawn(magpie::finally(magpie::sleep_for(1h),
                               [&cleaned]() -> task<> {
                                 ++cleaned;
                                 co_return;
                               }))
        .detach();
    co_return;
  }));
  EXPECT_EQ(cleaned, 1);
}

}  // namespace
