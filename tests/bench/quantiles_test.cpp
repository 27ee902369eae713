#include "bench/quantiles.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bench {
namespace {

TEST(quantiles, lie_between_neighbours_in_proportion) {
  const std::vector<double> sorted{1, 2, 4, 8, 16};
  EXPECT_EQ(quantile(sorted, 0), 1);
  EXPECT_EQ(quantile(sorted, 0.5), 4);
  EXPECT_EQ(quantile(sorted, 0.625), 6);
  EXPECT_EQ(quantile(sorted, 1), 16);
  EXPECT_EQ(quantile(std::vector<double>{7}, 0.3), 7);
}

TEST(quantiles, spread_sorts_and_counts) {
  const spread s = spread_of({5, 1, 4, 2, 3});
  EXPECT_EQ(s.low, 2);
  EXPECT_EQ(s.median, 3);
  EXPECT_EQ(s.high, 4);
  EXPECT_EQ(s.count, 5U);
  EXPECT_EQ(spread_of({}).count, 0U);
}

TEST(quantiles, thinned_values_keep_their_ends_and_quantiles) {
  std::vector<double> many;
  for (int i = 9999; i >= 0; --i) many.push_back(i);
  const std::vector<double> few = thinned(many, 101);
  ASSERT_EQ(few.size(), 101U);
  EXPECT_EQ(few.front(), 0);
  EXPECT_EQ(few.back(), 9999);
  EXPECT_NEAR(quantile(few, 0.5), 4999.5, 1);
  EXPECT_NEAR(quantile(few, 0.99), 9899, 1);
  EXPECT_EQ(thinned({3, 1, 2}, 101), (std::vector<double>{1, 2, 3}));
}

}  // namespace
}  // namespace bench
