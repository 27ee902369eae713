#include <magpie/magpie.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using magpie::parallel_sort;
using magpie::parallel_stable_sort;
using magpie::runtime;
using magpie_test::for_each_seed;
using magpie_test::tick;

template <class F>
void everywhere(F f) {
  for (const unsigned workers : {1u, 2u, 4u, 8u}) {
    SCOPED_TRACE(workers);
    runtime rt{{.workers = workers}};
    f(rt);
  }
  for_each_seed(f);
}

std::vector<unsigned> numbers(std::size_t n, unsigned below, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<unsigned> v(n);
  for (unsigned& x : v) x = static_cast<unsigned>(random() % below);
  return v;
}

TEST(parallel_sort, sorts_all_sizes_and_patterns) {
  everywhere([](runtime& rt) {
    for (const std::size_t n : {0u, 1u, 2u, 3u, 24u, 25u, 129u, 1000u, 5001u}) {
      for (const unsigned below : {1u, 2u, 50u, ~0u}) {
        std::vector<unsigned> v = numbers(n, below);
        std::vector<unsigned> expected = v;
        std::sort(expected.begin(), expected.end());
        for (const int grain : {0, 1, 300}) {
          std::vector<unsigned> sorted = v;
          rt.block_on(parallel_sort(sorted, {}, grain));
          EXPECT_EQ(sorted, expected);
        }
        std::vector<unsigned> backwards(expected.rbegin(), expected.rend());
        rt.block_on(parallel_sort(std::span(backwards)));
        EXPECT_EQ(backwards, expected);
        rt.block_on(parallel_sort(backwards, std::greater<>()));
        EXPECT_TRUE(std::is_sorted(backwards.rbegin(), backwards.rend()));
      }
    }
  });
}

TEST(parallel_sort, patterns_that_quicksorts_dislike) {
  runtime rt{{.workers = 2}};
  const int n = 100000;
  for (int pattern = 0; pattern < 5; ++pattern) {
    std::vector<int> v;
    for (int i = 0; i < n; ++i) {
      v.push_back(pattern == 0   ? std::min(i, n - i)
                  : pattern == 1 ? i % 317
                  : pattern == 2 ? i ^ 1
                  : pattern == 3 ? (i < n / 2 ? i + n : i)
                                 : (i % 2 == 0 ? i : n - i));
    }
    std::vector<int> expected = v;
    std::sort(expected.begin(), expected.end());
    std::atomic<std::int64_t> comparisons{0};
    rt.block_on(parallel_sort(v, [&](int a, int b) {
      comparisons.fetch_add(1, std::memory_order_relaxed);
      return a < b;
    }));
    EXPECT_EQ(v, expected) << pattern;
    EXPECT_LT(comparisons, 60LL * n) << pattern;
  }
}

TEST(parallel_sort, heaps_are_the_last_resort) {
  std::vector<unsigned> v = numbers(1000, 300);
  std::vector<unsigned> expected = v;
  std::sort(expected.begin(), expected.end());
  std::less<> less;
  magpie::detail::heap_sort(v.begin(), v.end(), less);
  EXPECT_EQ(v, expected);
}

TEST(parallel_stable_sort, equals_keep_their_order) {
  everywhere([](runtime& rt) {
    for (const std::size_t n : {0u, 1u, 2u, 25u, 1000u, 10001u}) {
      const std::vector<unsigned> keys = numbers(n, 20);
      std::vector<std::pair<unsigned, std::size_t>> v;
      for (std::size_t i = 0; i < n; ++i) v.emplace_back(keys[i], i);
      auto expected = v;
      const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
      std::ranges::sort(expected);  // by key, then by the place it had
      rt.block_on(parallel_stable_sort(v, by_key, 100));
      EXPECT_EQ(v, expected);
    }
  });
}

TEST(parallel_sort, elements_that_only_move) {
  everywhere([](runtime& rt) {
    const auto less = [](const std::unique_ptr<unsigned>& a, const std::unique_ptr<unsigned>& b) { return *a < *b; };
    for (const bool stable : {false, true}) {
      std::vector<std::unique_ptr<unsigned>> v;
      for (const unsigned x : numbers(3000, 500)) v.push_back(std::make_unique<unsigned>(x));
      rt.block_on(stable ? parallel_stable_sort(v, less, 100) : parallel_sort(v, less, 100));
      EXPECT_TRUE(std::is_sorted(v.begin(), v.end(), less));
    }
  });
}

/// All elements are there, whole.
void expect_all(std::vector<std::string> now, std::vector<std::string> before) {
  std::sort(now.begin(), now.end());
  std::sort(before.begin(), before.end());
  EXPECT_TRUE(now == before);
}

TEST(parallel_sort, a_comparison_that_throws_loses_nothing) {
  std::vector<std::string> v;
  for (const unsigned x : numbers(2000, 700)) v.push_back(std::to_string(x) + " is long enough to live on the heap");
  everywhere([&](runtime& rt) {
    for (const bool stable : {false, true}) {
      for (const int after : {0, 1, 50, 1500, 3000, 9000, 15000}) {
        std::vector<std::string> w = v;
        std::atomic<int> left{after};
        auto less = [&](const std::string& a, const std::string& b) {
          if (left-- <= 0) throw std::range_error("enough");
          return a < b;
        };
        EXPECT_THROW(rt.block_on(stable ? parallel_stable_sort(w, less, 100) : parallel_sort(w, less, 100)),
                     std::range_error);
        expect_all(w, v);
      }
    }
  });
}

TEST(parallel_sort, a_stop_loses_nothing) {
  std::vector<std::string> v;
  for (const unsigned x : numbers(5000, 700)) v.push_back(std::to_string(x) + " is long enough to live on the heap");
  for_each_seed([&](runtime& rt) {
    for (const bool stable : {false, true}) {
      std::vector<std::string> w = v;
      auto less = [](const std::string& a, const std::string& b) {
        static_cast<void>(magpie::clock::now());  // a microsecond
        return a < b;
      };
      EXPECT_THROW(rt.block_on(magpie::with_timeout(
                       20 * tick, stable ? parallel_stable_sort(w, less, 100) : parallel_sort(w, less, 100))),
                   magpie::timed_out);
      expect_all(w, v);
    }
  });
}

}  // namespace
