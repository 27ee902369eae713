#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using magpie::task;

TEST(misuse, a_runtime_is_not_shut_down_by_its_own_task) {
  const auto shut_down = [](magpie::runtime& rt) -> task<> {
    EXPECT_THROW(rt.shutdown(0s), magpie::usage_error);
    co_return;
  };
  magpie::runtime real{{.workers = 1}};
  real.block_on(shut_down(real));
  magpie::testing::virtual_runtime imagined;
  imagined.block_on(shut_down(imagined));
  EXPECT_EQ(real.block_on([]() -> task<int> { co_return 1; }), 1);  // it accepts tasks as before
}

}  // namespace
