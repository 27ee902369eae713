#include "bench/human.hpp"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(human, times_have_three_digits_and_a_unit_that_fits) {
  EXPECT_EQ(time_text(1.2345e-9), "1.23 ns");
  EXPECT_EQ(time_text(45.67e-9), "45.7 ns");
  EXPECT_EQ(time_text(999.4e-9), "999 ns");
  EXPECT_EQ(time_text(999.7e-9), "1.00 \u00b5s");
  EXPECT_EQ(time_text(0.25), "250 ms");
  EXPECT_EQ(time_text(90), "90.0 s");
  EXPECT_EQ(time_text(0), "0 s");
}

TEST(human, bytes_and_ratios_and_counts) {
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(10.24e6), "10.2 MB");
  EXPECT_EQ(ratio_text(1), "1.00");
  EXPECT_EQ(ratio_text(12345.6), "12,346");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(-123), "-123");
  EXPECT_EQ(count_text(999), "999");
}

TEST(human, round_figures_have_no_zeros_behind_the_point) {
  EXPECT_EQ(round_text("10.0 ns"), "10 ns");
  EXPECT_EQ(round_text("1.50"), "1.5");
  EXPECT_EQ(round_text("100 ns"), "100 ns");
}

TEST(human, html_is_escaped) { EXPECT_EQ(escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;"); }

}  // namespace
}  // namespace bench
