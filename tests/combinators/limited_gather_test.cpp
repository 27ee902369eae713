#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"
#include "support/sanitizers.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using magpie::gather;
using magpie::gather_outcomes;
using magpie::limit;
using magpie::outcome;
using magpie::runtime;
using magpie::task;
using magpie::task_cancelled;
using namespace magpie_test;

/// Counts how many run at a time.
struct meter {
  std::atomic<int> running{0};
  std::atomic<int> peak{0};
  std::atomic<int> started{0};

  task<int> run(int n) {
    ++started;
    const int now = ++running;
    int seen = peak;
    while (seen < now && !peak.compare_exchange_weak(seen, now)) {
    }
    for (int i = n % 3; i >= 0; --i) co_await magpie::yield();
    --running;
    co_return n;
  }
};

TEST(limited_gather, G13_never_more_than_the_limit) {
  for_each_seed([](runtime& rt) {
    for (const int most : {1, 2, 5, 1000}) {
      meter m;
      std::vector<task<int>> tasks;
      for (int i = 0; i < 40; ++i) tasks.push_back(m.run(i));
      const std::vector<int> results = rt.block_on(gather(limit{most}, std::move(tasks)));
      ASSERT_EQ(results.size(), 40u);
      for (int i = 0; i < 40; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
      EXPECT_LE(m.peak, most);
      EXPECT_EQ(m.started, 40);
    }
  });
}

TEST(limited_gather, G13_a_view_is_made_when_its_turn_comes) {
  for_each_seed([](runtime& rt) {
    meter m;
    std::atomic<int> made{0};
    std::atomic<int> most_ahead{0};
    auto lazily = std::views::iota(0, 100) | std::views::transform([&](int i) {
                    const int ahead = ++made - m.started;
                    int seen = most_ahead;
                    while (seen < ahead && !most_ahead.compare_exchange_weak(seen, ahead)) {
                    }
                    return m.run(i);
                  });
    const std::vector<int> results = rt.block_on(gather(limit{4}, lazily));
    ASSERT_EQ(results.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
    EXPECT_LE(m.peak, 4);
    EXPECT_LE(most_ahead, 4);
  });
}

TEST(limited_gather, G13_a_million_children_need_memory_for_eight) {
  runtime rt{{.workers = 2}};
  const int many = fewer_if_sanitized(1'000'000, 20'000);
  std::atomic<int> alive{0};
  std::atomic<int> peak{0};
  std::atomic<int> ended{0};
  struct counted {
    explicit counted(std::atomic<int>& a, std::atomic<int>& p) : alive_(&a) {
      const int now = ++a;
      int seen = p;
      while (seen < now && !p.compare_exchange_weak(seen, now)) {
      }
    }
    counted(counted&& other) noexcept : alive_(std::exchange(other.alive_, nullptr)) {}
    ~counted() {
      if (alive_ != nullptr) --*alive_;
    }
    std::atomic<int>* alive_;
  };
  auto child = [&](counted) -> task<> {
    ended.fetch_add(1, std::memory_order_relaxed);
    co_return;
  };
  rt.block_on(gather(
      limit{8}, std::views::iota(0, many) | std::views::transform([&](int) { return child(counted(alive, peak)); })));
  EXPECT_EQ(ended, many);
  EXPECT_LE(peak, 17);
}

TEST(limited_gather, G13_bad_limits_and_empty_ranges) {
  for_each_seed([](runtime& rt) {
    EXPECT_THROW(static_cast<void>(limit{0}), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(limit{-1}), std::invalid_argument);
    EXPECT_TRUE(rt.block_on(gather(limit{3}, std::vector<task<int>>())).empty());
    rt.block_on(gather(limit{3}, std::vector<task<>>()));
    EXPECT_TRUE(rt.block_on(gather_outcomes(limit{3}, std::vector<task<int>>())).empty());
    rt.block_on(gather(2u, std::vector<task<>>()));  // a number is a limit
  });
}

TEST(limited_gather, G13_a_failure_ends_it_early) {
  for_each_seed([](runtime& rt) {
    std::atomic<int> made{0};
    std::string thrown;
    try {
      static_cast<void>(rt.block_on(gather(limit{2}, std::views::iota(0, 1000) | std::views::transform([&](int i) {
                                                       ++made;
                                                       return i == 5 ? fails_after(tick, "five")
                                                                     : value_after(tick / 10, i);
                                                     }))));
    } catch (const std::range_error& e) {
      thrown = e.what();
    }
    EXPECT_EQ(thrown, "five");
    EXPECT_LT(made, 100);
  });
}

TEST(limited_gather, G13_a_range_that_throws) {
  for_each_seed([](runtime& rt) {
    auto child = [](int i) -> task<int> {
      co_await magpie::yield();
      co_return i;
    };
    auto range = std::views::iota(0, 100) | std::views::transform([&](int i) {
                   if (i == 7) throw std::range_error("seven");
                   return child(i);
                 });
    EXPECT_THROW(static_cast<void>(rt.block_on(gather(limit{3}, range))), std::range_error);
  });
}

TEST(limited_gather, G4_outcomes) {
  for_each_seed([](runtime& rt) {
    auto child = [](int i) -> task<int> {
      co_await magpie::yield();
      if (i % 4 == 1) throw std::range_error("x");
      if (i % 4 == 2) co_await magpie::stopped();
      co_return i;
    };
    std::vector<outcome<int>> results = rt.block_on(
        gather_outcomes(limit{3}, std::views::iota(0, 20) | std::views::transform([&](int i) { return child(i); })));
    ASSERT_EQ(results.size(), 20u);
    for (int i = 0; i < 20; ++i) {
      outcome<int>& o = results[static_cast<std::size_t>(i)];
      EXPECT_EQ(o.has_error(), i % 4 == 1);
      EXPECT_EQ(o.is_cancelled(), i % 4 == 2);
      if (o.has_value()) {
        EXPECT_EQ(o.value(), i);
      }
    }
    std::vector<task<>> nothings;
    for (int i = 0; i < 5; ++i) nothings.push_back(ends_after(tick / 4));
    EXPECT_EQ(rt.block_on(gather_outcomes(limit{2}, std::move(nothings))).size(), 5u);
  });
}

TEST(limited_gather, G5_a_child_that_ends_itself_cancelled) {
  for_each_seed([](runtime& rt) {
    std::atomic<int> started{0};
    auto child = [&](int i) -> task<int> {
      ++started;
      co_await magpie::sleep_for(tick / 10);
      if (i == 3) co_await magpie::stopped();
      co_return i;
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(gather(
                     limit{2}, std::views::iota(0, 1000) | std::views::transform([&](int i) { return child(i); })))),
                 task_cancelled);
    EXPECT_LT(started, 100);
  });
}

TEST(limited_gather, G7_cancelled_from_outside) {
  for_each_seed([](runtime& rt) {
    for (const bool outcomes : {false, true}) {
      std::atomic<int> started{0};
      bool went_on = false;
      auto h = rt.spawn([&]() -> task<> {
        auto range = std::views::iota(0, 100) | std::views::transform([&](int i) {
                       ++started;
                       return sleeps_forever(witness(i));
                     });
        if (outcomes) {
          co_await gather_outcomes(limit{3}, range);
        } else {
          co_await gather(limit{3}, range);
        }
        went_on = true;
      });
      rt.block_on(ends_after(tick));
      h.cancel();
      h.wait();
      EXPECT_TRUE(h.take().is_cancelled());
      EXPECT_FALSE(went_on);
      EXPECT_LE(started, 7);
      EXPECT_NO_WITNESS_LEFT();
    }
  });
}

TEST(limited_gather, G12_what_was_not_started_is_destroyed_once) {
  for_each_seed([](runtime& rt) {
    std::vector<task<>> tasks;
    for (int i = 0; i < 20; ++i) tasks.push_back(sleeps_forever(witness(i)));
    auto h = rt.spawn(gather(limit{2}, std::move(tasks)));
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_NO_WITNESS_LEFT();
    {
      std::vector<task<>> others;
      for (int i = 0; i < 20; ++i) others.push_back(sleeps_forever(witness(i)));
      auto never_awaited = gather(limit{2}, std::move(others));
    }
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(limited_gather, G14_kinds_of_results) {
  for_each_seed([](runtime& rt) {
    int targets[3] = {1, 2, 3};
    struct pinned {
      explicit pinned(int v) : n(v) {}
      const int n;
    };
    auto indices = std::views::iota(0, 3);
    auto refers = [&](int i) -> task<int&> { co_return targets[i]; };
    const auto a = rt.block_on(gather(limit{2}, indices | std::views::transform([&](int i) { return refers(i); })));
    static_assert(std::is_same_v<decltype(a), const std::vector<std::reference_wrapper<int>>>);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(&a[i].get(), &targets[i]);
    auto moves = [](int i) -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(i); };
    const auto b = rt.block_on(gather(limit{2}, indices | std::views::transform([&](int i) { return moves(i); })));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(*b[i], static_cast<int>(i));
    auto pins = [](int i) -> task<pinned> { co_return pinned(i); };
    const auto c = rt.block_on(gather(limit{2}, indices | std::views::transform([&](int i) { return pins(i); })));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(c[i].n, static_cast<int>(i));
    auto d = rt.block_on(gather_outcomes(limit{2}, indices | std::views::transform([&](int i) { return pins(i); })));
    EXPECT_EQ(d[2].value().n, 2);
  });
}

}  // namespace
