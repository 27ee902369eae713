#include "bench/plot_scale.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bench {
namespace {

using kind = plot_scale::kind;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Pointwise;

TEST(plot_scale, maps_the_ends_to_the_ends) {
  const plot_scale linear(kind::linear, 0, 10, 100, 200);
  EXPECT_DOUBLE_EQ(linear(0), 100);
  EXPECT_DOUBLE_EQ(linear(5), 150);
  EXPECT_DOUBLE_EQ(linear(10), 200);
  const plot_scale logarithmic(kind::logarithmic, 1, 100, 0, 10);
  EXPECT_DOUBLE_EQ(logarithmic(10), 5);
  EXPECT_DOUBLE_EQ(logarithmic(0), 0);  // what is below lies on the edge
  EXPECT_DOUBLE_EQ(logarithmic(1e9), 10);
}

TEST(plot_scale, may_run_upwards) {
  const plot_scale y(kind::linear, 0, 4, 200, 0);
  EXPECT_DOUBLE_EQ(y(1), 150);
}

TEST(plot_scale, ticks_are_round) {
  EXPECT_THAT(plot_scale(kind::linear, 0, 1.1, 0, 1).ticks(4), Pointwise(DoubleEq(), {0.0, 0.5, 1.0}));
  EXPECT_THAT(plot_scale(kind::logarithmic, 0.9, 1200, 0, 1).ticks(5),
              Pointwise(DoubleEq(), {1.0, 10.0, 100.0, 1000.0}));
}

TEST(plot_scale, one_value_is_no_range_and_still_a_scale) {
  const plot_scale x(kind::linear, 3, 3, 0, 10);
  EXPECT_DOUBLE_EQ(x(3), 0);
  EXPECT_FALSE(plot_scale(kind::logarithmic, 3, 3, 0, 10).ticks(4).empty());
}

}  // namespace
}  // namespace bench
