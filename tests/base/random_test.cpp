#include <magpie/base/random.hpp>

#include <gtest/gtest.h>

#include <array>

namespace {

using magpie::detail::random_source;

TEST(random, stays_below_its_bound_and_reaches_all_of_it) {
  for (std::uint64_t seed : {0ull, 1ull, 2ull, ~0ull}) {
    random_source random(seed);
    std::array<int, 7> seen{};
    for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
    for (int n : seen) EXPECT_GT(n, 700) << "seed " << seed;
    EXPECT_EQ(random.below(1), 0u);
  }
}

TEST(random, neighbouring_seeds_differ) {
  random_source a(1);
  random_source b(2);
  int same = 0;
  for (int i = 0; i < 100; ++i) same += a.below(1000) == b.below(1000) ? 1 : 0;
  EXPECT_LT(same, 10);
}

}  // namespace
