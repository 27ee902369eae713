#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include <gtest/gtest.h>

/// GCC's PR106188: a coroutine without a local that awaits in the condition of an `if`.
namespace {

using magpie::runtime;
using magpie::task;

task<bool> yes() { co_return true; }

#if MAGPIE_GCC && __GNUC__ < 13
constexpr bool miscompiled = true;
#else
constexpr bool miscompiled = false;
#endif

task<int> without_a_local() {
  if (co_await yes()) co_return 1;
  co_return 0;
}

task<int> cured() {
  const bool b = co_await yes();
  if (b) co_return 1;
  co_return 0;
}

TEST(pr106188, is_caught_when_the_coroutine_is_called_and_the_message_says_what_to_write) {
  if (miscompiled) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(static_cast<void>(runtime({.workers = 1}).block_on(without_a_local())),
                 "PR106188.*if \\(co_await.*write `bool b = co_await");
  } else {
    EXPECT_EQ(runtime({.workers = 1}).block_on(without_a_local()), 1);
  }
}

TEST(pr106188, the_cure_is_right) { EXPECT_EQ(runtime({.workers = 1}).block_on(cured()), 1); }

}  // namespace
