#include <magpie/magpie.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

using magpie::parallel_for;
using magpie::runtime;
using magpie::task;
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

TEST(parallel_for, each_item_is_visited_once) {
  everywhere([](runtime& rt) {
    for (const int n : {0, 1, 2, 3, 7, 64, 65, 1001}) {
      for (const int grain : {0, 1, 3, 64, 5000}) {
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(n));
        rt.block_on(parallel_for(0, n, [&](int i) { seen[static_cast<std::size_t>(i)]++; }, grain));
        for (int i = 0; i < n; ++i) ASSERT_EQ(seen[static_cast<std::size_t>(i)], 1) << i << " of " << n;
      }
    }
  });
}

template <class I, class J>
std::int64_t sum_between(runtime& rt, I first, J last) {
  std::atomic<std::int64_t> sum{0};
  rt.block_on(parallel_for(first, last, [&](auto i) { sum += static_cast<std::int64_t>(i) + 1000; }));
  return sum;
}

TEST(parallel_for, integers_of_all_types) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(sum_between(rt, 0, std::size_t{10}), 10045);
  EXPECT_EQ(sum_between(rt, 0u, 10), 10045);
  EXPECT_EQ(sum_between(rt, -5, 5), 9995);
  EXPECT_EQ(sum_between(rt, std::int64_t{-5}, 5u), 9995);
  EXPECT_EQ(sum_between(rt, static_cast<signed char>(-128), static_cast<signed char>(127)), 255 * 1000 - 255);
  EXPECT_EQ(sum_between(rt, static_cast<unsigned char>(0), static_cast<unsigned char>(255)),
            255 * 1000 + 254 * 255 / 2);
  EXPECT_EQ(sum_between(rt, short{1}, 3L), 2003);
  EXPECT_EQ(sum_between(rt, INT64_MIN, INT64_MIN + 1), 1000 + INT64_MIN);
  EXPECT_EQ(sum_between(rt, UINT64_MAX - 2, UINT64_MAX), 2000 - 3 - 2);
}

TEST(parallel_for, of_a_reversed_range_nothing_is_visited) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(sum_between(rt, 5, 0), 0);
  EXPECT_EQ(sum_between(rt, 5u, -1), 0);
  EXPECT_EQ(sum_between(rt, std::size_t{1}, 0), 0);
}

TEST(parallel_for, misuse_is_told) {
  EXPECT_THROW(static_cast<void>(parallel_for(-1, std::size_t{5}, [](auto) {})), magpie::usage_error);
  EXPECT_THROW(static_cast<void>(parallel_for(0, 5, [](int) {}, -1)), magpie::usage_error);
  EXPECT_THROW(static_cast<void>(magpie::tile(-1, 5)), magpie::usage_error);
  EXPECT_THROW(static_cast<void>(magpie::tile(UINT64_MAX, 2)), magpie::usage_error);
}

TEST(parallel_for, iterators_and_ranges) {
  everywhere([](runtime& rt) {
    std::vector<int> v(257, 1);
    rt.block_on(parallel_for(v.begin(), v.end(), [](int& i) { i += 1; }));
    rt.block_on(parallel_for(v, [](int& i) { i *= 3; }, 10u));
    rt.block_on(parallel_for(std::span(v), [](int& i) { i += 1; }));
    rt.block_on(parallel_for(v.data(), v.data() + v.size(), [](int& i) { i += 1; }));
    EXPECT_EQ(v, std::vector<int>(257, 8));
    std::list<int> l(100, 2);
    rt.block_on(parallel_for(l, [](int& i) { i = 5; }));
    EXPECT_EQ(std::accumulate(l.begin(), l.end(), 0), 500);
    std::atomic<int> sum{0};
    rt.block_on(parallel_for(std::vector<int>{1, 2, 3}, [&](int i) { sum += i; }));
    EXPECT_EQ(sum, 6);
  });
}

TEST(parallel_for, cells_of_a_table) {
  everywhere([](runtime& rt) {
    const std::pair<int, unsigned> shapes[] = {{0, 5}, {5, 0}, {1, 1}, {1, 1000}, {1000, 1}, {33, 65}};
    for (const auto& [rows, cols] : shapes) {
      for (const int grain : {0, 1, 7, 10000}) {
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(rows) * cols);
        rt.block_on(parallel_for(
            magpie::tile{rows, cols}, [&, c = cols](std::size_t i, std::size_t j) { seen[i * c + j]++; }, grain));
        for (const auto& s : seen) ASSERT_EQ(s, 1);
      }
    }
  });
}

TEST(parallel_for, leaves_have_the_grain) {
  for_each_seed([](runtime& rt) {
    std::atomic<int> visited{0};
    auto fails = [&](int i) {
      ++visited;
      if (i == 17) throw std::range_error("17");
    };
    EXPECT_THROW(rt.block_on(parallel_for(0, 20, fails, 20)), std::range_error);
    EXPECT_EQ(visited, 18);
  });
}

// On threads only: a virtual runtime may give the one thread to a part that does not fail.
TEST(parallel_for, a_failure_ends_a_huge_loop) {
  on_threads([](runtime& rt) {
    for (const std::uint64_t grain : {std::uint64_t{0}, std::uint64_t{1000}}) {
      auto fails = [&](std::uint64_t i) {
        if (i == 12345) throw std::range_error("early");
      };
      EXPECT_THROW(rt.block_on(parallel_for(std::uint64_t{0}, UINT64_MAX, fails, grain == 0 ? 1000 : grain)),
                   std::range_error);
    }
    std::atomic<int> left{1000};
    auto fails_soon = [&](std::int64_t) {
      if (--left == 0) throw std::range_error("soon");
    };
    EXPECT_THROW(rt.block_on(parallel_for(INT64_MIN, INT64_MAX, fails_soon)), std::range_error);
  });
}

TEST(parallel_for, G3_first_failure_in_time_wins) {
  for_each_seed([](runtime& rt) {
    int failures = 0;
    int first = -1;
    auto fails = [&](int i) {
      if (failures++ == 0) first = i;
      throw std::range_error(std::to_string(i));
    };
    try {
      rt.block_on(parallel_for(0, 100, fails, 1));
      FAIL();
    } catch (const std::range_error& e) {
      EXPECT_EQ(e.what(), std::to_string(first));
    }
  });
}

TEST(parallel_for, a_deadline_ends_it_in_the_middle) {
  for_each_seed([](runtime& rt) {
    std::uint64_t visited = 0;
    // Each item takes a microsecond of virtual time.
    auto body = [&](std::uint64_t) {
      ++visited;
      static_cast<void>(magpie::clock::now());
    };
    EXPECT_THROW(rt.block_on(magpie::with_timeout(tick, parallel_for(std::uint64_t{0}, UINT64_MAX, body, 10))),
                 magpie::timed_out);
    EXPECT_GE(visited, 1000u);
    EXPECT_LE(visited, 1000u + 8 * 10);
  });
}

TEST(parallel_for, D9_a_deadline_ends_it_on_threads) {
  runtime rt{{.workers = 2}};
  EXPECT_THROW(
      rt.block_on(magpie::with_timeout(
          5 * tick, parallel_for(
                        std::uint64_t{0}, UINT64_MAX / 2, [](std::uint64_t i) { asm volatile("" ::"r"(i)); }, 1000))),
      magpie::timed_out);
}

TEST(parallel_for, bodies_that_are_coroutines) {
  everywhere([](runtime& rt) {
    std::atomic<int> sum{0};
    auto body = [&](int i) -> task<> {
      if (i % 3 == 0) co_await magpie::yield();
      sum += i;
    };
    rt.block_on(parallel_for(0, 100, body));
    rt.block_on(parallel_for(0, 100, body, 7));
    EXPECT_EQ(sum, 9900);
    auto cell = [&](std::size_t i, std::size_t j) -> task<> {
      sum += static_cast<int>(i * j);
      co_return;
    };
    rt.block_on(parallel_for(magpie::tile{10, 10}, cell));
    EXPECT_EQ(sum, 9900 + 2025);
  });
}

TEST(parallel_for, bodies_that_wait_wait_together) {
  for_each_seed([](runtime& rt) {
    auto& v = static_cast<magpie::testing::virtual_runtime&>(rt);
    rt.block_on(parallel_for(0, 100, [](int) { return magpie::sleep_for(tick); }));
    EXPECT_EQ(v.elapsed(), tick);
    auto sleeper = [](int i) -> task<> {
      if (i == 50) throw std::range_error("50");
      co_await magpie::sleep_until(magpie::never);
    };
    EXPECT_THROW(rt.block_on(parallel_for(0, 100, sleeper)), std::range_error);
  });
}

TEST(parallel_for, nests) {
  everywhere([](runtime& rt) {
    std::atomic<int> sum{0};
    auto outer = [&](int i) -> task<> {
      auto inner = [&, i](int j) { sum += i * j; };
      co_await parallel_for(0, 20, inner, 3);
    };
    rt.block_on(parallel_for(0, 20, outer));
    EXPECT_EQ(sum, 190 * 190);
  });
}

TEST(parallel_for, a_callable_that_cannot_be_copied_is_referred_to) {
  struct counter {
    counter() = default;
    counter(const counter&) = delete;
    counter& operator=(const counter&) = delete;
    void operator()(int i) { sum += i; }
    std::atomic<int> sum{0};
  };
  runtime rt{{.workers = 2}};
  counter c;
  rt.block_on(parallel_for(0, 100, c));
  rt.block_on(parallel_for(0, 100, std::ref(c)));
  EXPECT_EQ(c.sum, 9900);
}

TEST(parallel_for, others_help) {
  runtime rt{{.workers = 2}};
  // Each of two items waits for the other: it ends only if two workers take part.
  std::atomic<int> there{0};
  rt.block_on(parallel_for(
      0, 2,
      [&](int) {
        ++there;
        for (int spins = 0; there < 2 && spins < 2'000'000'000; ++spins) std::this_thread::yield();
      },
      1));
  EXPECT_EQ(there, 2);
}

TEST(parallel_for, is_cut_in_the_same_places_however_far_it_has_come) {
  runtime rt{{.workers = 2}};
  rt.block_on([]() -> task<> {
    using magpie::detail::loop_part;
    for (const std::uint64_t n : {std::uint64_t{1'000}, std::uint64_t{1'024}, std::uint64_t{100'000}}) {
      const magpie::detail::loop_plan plan(n, 0);
      std::set<std::uint64_t> middles;
      for (std::uint64_t at = 0; at + 2 <= n; ++at) {
        loop_part part{at, n, 1, true};
        const loop_part later = part.split(plan);
        // Two parts that make up what was left, none of them empty.
        EXPECT_EQ(part.at, at);
        EXPECT_LT(part.at, part.end);
        EXPECT_EQ(part.end, later.at);
        EXPECT_LT(later.at, later.end);
        EXPECT_EQ(later.end, n);
        EXPECT_GE(part.rest(), (n - at) / 8) << "so that it was worth it";
        middles.insert(later.at);
      }
      EXPECT_LE(middles.size(), 20u) << "of " << n;
    }
    co_return;
  });
}

TEST(parallel_for, its_worker_keeps_the_part_that_it_had_in_the_last_loop_of_so_many) {
  runtime rt{{.workers = 2}};
  rt.block_on([]() -> task<> {
    using magpie::detail::loop_part;
    const magpie::detail::loop_plan plan(1'000, 0);
    const magpie::detail::loop_plan other(1'001, 0);
    const auto kept = [](const magpie::detail::loop_plan& p) {
      loop_part sooner{0, p.count, 1, true};
      loop_part later = sooner.split(p);
      magpie::detail::keep_what_was_ours(p, sooner, later);
      return sooner.at;
    };
    EXPECT_EQ(kept(plan), 0u);
    magpie::detail::note_part(plan, {500, 1'000, 1, true, 0, 500});  // it is a thief's
    EXPECT_EQ(kept(other), 0u) << "another loop";
    EXPECT_EQ(kept(plan), 0u) << "it has forgotten";
    magpie::detail::note_part(plan, {500, 1'000, 1, true, 0, 500});
    EXPECT_EQ(kept(plan), 500u);
    magpie::detail::note_part(plan, {250, 500, 1, true, 0, 250});  // somebody's leavings
    EXPECT_EQ(kept(plan), 500u);
    magpie::detail::note_part(plan, {0, 500, 1, true, 0, 0});
    EXPECT_EQ(kept(plan), 0u);
    co_return;
  });
}

TEST(parallel_transform, writes_in_place_and_elsewhere) {
  everywhere([](runtime& rt) {
    std::vector<int> in(1001);
    std::iota(in.begin(), in.end(), 0);
    std::vector<long> out(in.size());
    EXPECT_EQ(rt.block_on(magpie::parallel_transform(in, out.begin(), [](int i) { return 2L * i; })), out.end());
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], 2 * static_cast<long>(i));
    auto awaited = [](int i) -> task<int> { co_return i + 1; };
    rt.block_on(magpie::parallel_transform(in, in.begin(), awaited, 10));
    EXPECT_EQ(in[1000], 1001);
  });
}

TEST(combinable, sums_up_what_workers_made) {
  everywhere([](runtime& rt) {
    magpie::combinable<long> sum;
    const unsigned workers = rt.workers();
    rt.block_on(parallel_for(
        0, 10000,
        [&](int i) {
          if (magpie::this_worker_index() >= workers) throw std::range_error("index");
          sum.local() += i;
        },
        10));
    EXPECT_EQ(sum.combine(std::plus<>()), 49995000);
    sum.clear();
    EXPECT_EQ(sum.combine(std::plus<>()), 0);
    magpie::combinable<std::vector<int>> lists([] { return std::vector<int>(1, 7); });
    rt.block_on(parallel_for(0, 100, [&](int i) { lists.local().push_back(i); }, 1));
    std::size_t made = 0;
    std::size_t items = 0;
    lists.combine_each([&](std::vector<int>& l) {
      ++made;
      items += l.size();
    });
    EXPECT_EQ(items, 100 + made);
    EXPECT_LE(made, workers);
  });
}

TEST(combinable, workers_of_two_runtimes_have_their_own) {
  runtime a{{.workers = 2}};
  runtime b{{.workers = 2}};
  magpie::combinable<long> sum;
  const auto add = [&](int i) { sum.local() += i; };
  auto h = a.spawn(parallel_for(0, 100000, add, 10));
  b.block_on(parallel_for(0, 100000, add, 10));
  h.get();
  EXPECT_EQ(sum.combine(std::plus<>()), 2 * 4999950000);
}

TEST(combinable, callers_of_block_on_are_workers_meanwhile) {
  everywhere([](runtime& rt) {
    magpie::combinable<int> sum;
    for (int i = 0; i < 100; ++i) {
      rt.block_on([&]() -> task<> {
        EXPECT_LT(magpie::this_worker_index(), rt.workers());
        ++sum.local();
        co_return;
      });
    }
    EXPECT_EQ(sum.combine(std::plus<>()), 100);
  });
  EXPECT_THROW(static_cast<void>(magpie::this_worker_index()), magpie::usage_error);
}

TEST(combinable, is_for_workers) {
  magpie::combinable<int> c;
  EXPECT_THROW(static_cast<void>(c.local()), magpie::usage_error);
  EXPECT_THROW(static_cast<void>(magpie::this_worker_index()), magpie::usage_error);
}

}  // namespace
