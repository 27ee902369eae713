#include <magpie/magpie.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using magpie::parallel_exclusive_scan;
using magpie::parallel_inclusive_scan;
using magpie::parallel_reduce;
using magpie::runtime;
using magpie_test::for_each_seed;
using magpie_test::tick;

/// Runs `f(runtime&)` on pools of 1, 2, 4 and 8 workers.
template <class F>
void on_threads(F f) {
  for (const unsigned workers : {1u, 2u, 4u, 8u}) {
    SCOPED_TRACE(workers);
    runtime rt{{.workers = workers}};
    f(rt);
  }
}
template <class F>
void everywhere(F f) {
  on_threads(f);
  for_each_seed(f);
}

constexpr auto itself = [](const auto& x) { return x; };

std::vector<float> fractions(std::size_t n) {
  std::vector<float> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = 1.0f / static_cast<float>(i % 977 + 3);
  return v;
}

TEST(parallel_reduce, keeps_the_order) {
  everywhere([](runtime& rt) {
    for (const int n : {0, 1, 2, 3, 5, 31, 64, 100, 333}) {
      std::string expected = "<";
      for (int i = 0; i < n; ++i) expected += std::to_string(i) + ' ';
      for (const int grain : {0, 1, 3, 64, 1000}) {
        EXPECT_EQ(rt.block_on(parallel_reduce(
                      0, n, std::string("<"), [](int i) { return std::to_string(i) + ' '; }, std::plus<>(), grain)),
                  expected);
      }
    }
  });
}

TEST(parallel_reduce, sums_of_all_sizes) {
  runtime rt{{.workers = 2}};
  for (std::int64_t n : {0, 1, 63, 64, 65, 255, 256, 257, 1000, 65536, 65537, 1000003}) {
    for (const int grain : {0, 1000}) {
      EXPECT_EQ(rt.block_on(parallel_reduce(std::int64_t{0}, n, std::int64_t{7}, itself, std::plus<>(), grain)),
                7 + n * (n - 1) / 2);
    }
  }
}

TEST(parallel_reduce, bit_identical_at_any_worker_count) {
  const std::vector<float> v = fractions(100003);
  for (const int grain : {0, 1, 100}) {
    std::uint32_t expected = 0;
    for (const unsigned workers : {1u, 2u, 4u, 8u}) {
      runtime rt{{.workers = workers}};
      for (int i = 0; i < 5; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(
            rt.block_on(parallel_reduce(v.begin(), v.end(), 0.0f, itself, std::plus<>(), grain)));
        if (expected == 0) expected = bits;
        EXPECT_EQ(bits, expected);
      }
    }
    if (grain == 1) continue;  // takes long
    for_each_seed([&](runtime& rt) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(rt.block_on(parallel_reduce(v, 0.0f, itself, std::plus<>(), grain))),
                expected);
    });
  }
}

TEST(parallel_reduce, results_that_only_move) {
  everywhere([](runtime& rt) {
    const auto sum = rt.block_on(parallel_reduce(
        0, 100, std::make_unique<int>(5), [](int i) { return std::make_unique<int>(i); },
        [](std::unique_ptr<int> a, std::unique_ptr<int> b) {
          *a += *b;
          return a;
        },
        3));
    EXPECT_EQ(*sum, 4955);
  });
}

TEST(parallel_reduce, failures_and_stops_end_it) {
  // On threads only: a virtual runtime may give the one thread to a part that does not fail.
  on_threads([](runtime& rt) {
    auto fails = [](std::uint64_t i) -> std::uint64_t {
      if (i == 12345) throw std::range_error("early");
      return i;
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(
                     parallel_reduce(std::uint64_t{0}, UINT64_MAX, std::uint64_t{0}, fails, std::plus<>(), 100))),
                 std::range_error);
    auto combine_fails = [](int a, int b) -> int {
      if (a + b > 100) throw std::range_error("combine");
      return a + b;
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(parallel_reduce(0, 1000, 0, itself, combine_fails, 2))),
                 std::range_error);
  });
  for_each_seed([](runtime& rt) {
    auto slow = [](std::uint64_t i) {
      static_cast<void>(magpie::clock::now());
      return i;
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(magpie::with_timeout(
                     tick, parallel_reduce(std::uint64_t{0}, UINT64_MAX, std::uint64_t{0}, slow, std::plus<>(), 10)))),
                 magpie::timed_out);
  });
}

TEST(parallel_scan, equals_the_serial_one) {
  everywhere([](runtime& rt) {
    for (const std::size_t n : {0u, 1u, 2u, 3u, 64u, 65u, 500u}) {
      for (const int grain : {0, 1, 7, 1000}) {
        std::vector<std::string> in(n);
        for (std::size_t i = 0; i < n; ++i) in[i] = static_cast<char>('a' + i % 26);
        std::vector<std::string> expected(n);
        std::vector<std::string> out(n);
        std::inclusive_scan(in.begin(), in.end(), expected.begin());
        EXPECT_EQ(rt.block_on(parallel_inclusive_scan(in, out.begin(), {}, grain)), out.end());
        EXPECT_EQ(out, expected);
        std::exclusive_scan(in.begin(), in.end(), expected.begin(), std::string("<"));
        rt.block_on(parallel_exclusive_scan(in, in.begin(), std::string("<"), {}, grain));  // in place
        EXPECT_EQ(in, expected);
      }
    }
  });
}

/// Numbers are scanned by stretches of a block, side by side.
TEST(parallel_scan, numbers_of_all_sizes) {
  everywhere([](runtime& rt) {
    for (const std::size_t n : {1u, 63u, 64u, 65u, 255u, 1000u, 5003u}) {
      for (const int grain : {0, 64, 67, 100, 10'000}) {
        std::vector<int> in(n);
        for (std::size_t i = 0; i < n; ++i) in[i] = static_cast<int>(i * i % 101);
        const std::vector<double> floats(in.begin(), in.end());
        std::vector<int> expected(n), out(n);
        std::vector<double> float_out(n);
        std::inclusive_scan(in.begin(), in.end(), expected.begin());
        rt.block_on(parallel_inclusive_scan(in, out.begin(), {}, grain));
        rt.block_on(parallel_inclusive_scan(floats, float_out.begin(), {}, grain));
        EXPECT_EQ(out, expected);
        EXPECT_TRUE(std::equal(float_out.begin(), float_out.end(), expected.begin()));
        std::exclusive_scan(in.begin(), in.end(), expected.begin(), 5);
        rt.block_on(parallel_exclusive_scan(in, in.begin(), 5, {}, grain));  // in place
        rt.block_on(parallel_exclusive_scan(floats, float_out.begin(), 5.0, {}, grain));
        EXPECT_EQ(in, expected);
        EXPECT_TRUE(std::equal(float_out.begin(), float_out.end(), expected.begin()));
      }
    }
  });
}

TEST(parallel_scan, bit_identical_at_any_worker_count) {
  const std::vector<float> v = fractions(100003);
  std::vector<float> expected;
  const auto same = [&](runtime& rt) {
    std::vector<float> out(v.size());
    rt.block_on(parallel_inclusive_scan(v, out.begin()));
    if (expected.empty()) expected = out;
    EXPECT_TRUE(out == expected);
    rt.block_on(parallel_inclusive_scan(out, out.begin(), [](float a, float b) { return a < b ? b : a; }));
  };
  everywhere(same);
}

TEST(parallel_scan, failures_and_stops_end_it) {
  everywhere([](runtime& rt) {
    std::vector<int> v(1000, 1);
    auto fails = [](int a, int b) -> int {
      if (a + b == 500) throw std::range_error("500");
      return a + b;
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(parallel_inclusive_scan(v, v.begin(), fails, 10))), std::range_error);
  });
  for_each_seed([](runtime& rt) {
    std::vector<int> v(100000, 1);
    auto slow = [](int a, int b) {
      static_cast<void>(magpie::clock::now());
      return a + b;
    };
    EXPECT_THROW(
        static_cast<void>(rt.block_on(magpie::with_timeout(tick, parallel_inclusive_scan(v, v.begin(), slow, 10)))),
        magpie::timed_out);
    EXPECT_EQ(v.back(), 1);
  });
}

}  // namespace
