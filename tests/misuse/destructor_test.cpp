#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <utility>

/// Destructors that throw. One of a local is an error of the task like others; where there is nobody to be told, the
/// process ends: silence would be worse.
namespace {

using namespace std::chrono_literals;
using magpie::task;
using magpie::testing::virtual_runtime;

struct thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws when it is destroyed, if it still has to.
struct bomb {
  bomb() noexcept {}
  explicit bomb(bool a) noexcept : armed(a) {}
  bomb(bomb&& other) noexcept : armed(std::exchange(other.armed, false)) {}
  bomb(const bomb&) = delete;
  bomb& operator=(const bomb&) = delete;
  ~bomb() noexcept(false) {
    if (armed) throw thrown("a destructor");
  }
  bool armed = true;
};

task<int> local_throws(bool suspends) {
  const bomb b;
  if (suspends) co_await magpie::sleep_for(1ms);
  co_return 1;
}

TEST(misuse, a_destructor_of_a_local_that_throws_is_an_error_of_its_task) {
  virtual_runtime rt;
  for (const bool suspends : {false, true}) {
    EXPECT_THROW(rt.block_on(local_throws(suspends)), thrown);
    EXPECT_THROW(rt.spawn(local_throws(suspends)).get(), thrown);
    EXPECT_THROW(rt.block_on(magpie::gather(local_throws(suspends), magpie::sleep_for(1h))), thrown);
    EXPECT_THROW(rt.block_on(magpie::with_timeout(1s, local_throws(suspends))), thrown);
    EXPECT_THROW(rt.block_on(magpie::with_task_group([&](magpie::task_group& group) -> task<> {
      group.spawn(local_throws(suspends)).detach();
      co_return;
    })),
                 magpie::exception_group);
  }
}

TEST(misuse_death, a_destructor_of_a_result_that_throws_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  // Nobody takes it.
  const auto drop = [] {
    virtual_runtime rt;
    rt.spawn([]() -> task<bomb> { co_return bomb(); }).detach();
    rt.block_on(magpie::sleep_for(1ms));
  };
  EXPECT_DEATH(drop(), "terminate");
}

task<> keeps(bomb) { co_return; }

TEST(misuse_death, a_destructor_of_a_parameter_that_throws_ends_the_process) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    virtual_runtime rt;
    rt.block_on(keeps(bomb()));
  };
  EXPECT_DEATH(run(), "terminate");
}

}  // namespace
