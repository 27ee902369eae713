#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/sanitizers.hpp"
#include "support/seed.hpp"
#include "support/stress_scale.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using magpie_test::comes_true;
using magpie_test::fewer_if_sanitized;
using magpie_test::gate;
using magpie_test::race_rounds;
using magpie_test::witness;
using namespace std::chrono_literals;

struct planned_error {};

std::atomic<int> unheard{0};
void count_unheard(std::exception_ptr, std::string_view) { unheard.fetch_add(1); }

/// What became of the tasks of a storm. Each one that was started ends, and each error is heard by somebody.
struct ledger {
  std::atomic<int> started{0};
  std::atomic<int> ran{0};
  std::atomic<int> thrown{0};
  std::atomic<int> heard{0};
};

task<int> child(ledger& l, std::uint64_t dice, witness w) {
  l.ran.fetch_add(1);
  for (std::uint64_t n = dice % 4; n > 1; --n) co_await magpie::yield();
  if (dice % 7 == 0) {
    l.thrown.fetch_add(1);
    throw planned_error();
  }
  co_return w.value();
}

task<int> parent(ledger& l, std::uint64_t dice) {
  runtime& rt = co_await magpie::get_runtime();
  std::mt19937_64 random(dice);
  std::vector<join_handle<int>> kept;
  for (std::uint64_t n = random() % 4; n > 0; --n) {
    l.started.fetch_add(1);
    kept.push_back(rt.spawn(child(l, random(), witness(1))));
  }
  int sum = 0;
  for (join_handle<int>& h : kept) {
    switch (random() % 3) {
      case 0:
        h.detach();
        break;
      case 1:
        try {
          sum += co_await h;
        } catch (const planned_error&) {
          l.heard.fetch_add(1);
        }
        break;
      default:
        break;  // dropped with the others, ready or not
    }
  }
  co_return sum;
}

TEST(storm, spawns_from_foreign_threads_and_tasks_lose_nothing) {
  MAGPIE_TEST_USES_SEED(seed);
  const int each = fewer_if_sanitized(20'000, 2'000);
  ledger l;
  unheard = 0;
  {
    runtime rt{{.workers = 3, .on_unhandled = count_unheard}};
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937_64 random(seed + t);
        std::vector<join_handle<int>> kept;
        for (int i = 0; i < each; ++i) {
          if (random() % 2 == 0) {
            l.started.fetch_add(1);
            kept.push_back(rt.spawn(child(l, random(), witness(1))));
          } else {
            kept.push_back(rt.spawn(parent(l, random())));
          }
          if (kept.size() < 1 + random() % 20) continue;
          join_handle<int> h = std::move(kept.back());
          kept.pop_back();
          switch (random() % 4) {
            case 0:
              h.detach();
              break;
            case 1:
              try {
                static_cast<void>(h.get());
              } catch (const planned_error&) {
                l.heard.fetch_add(1);
              }
              break;
            case 2:
              if (h.wait_for(std::chrono::microseconds(random() % 50)) && h.take().has_error()) l.heard.fetch_add(1);
              break;
            default:
              break;
          }
        }
      });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_TRUE(comes_true([&] {
      const magpie::runtime_metrics m = rt.metrics();
      return m.started == m.finished;
    }));
  }
  EXPECT_EQ(l.ran.load(), l.started.load());
  EXPECT_EQ(l.heard.load() + unheard.load(), l.thrown.load());
  EXPECT_GT(l.thrown.load(), 0);
  EXPECT_NO_WITNESS_LEFT();
}

TEST(storm, R7_exceptions_on_many_workers_at_once_are_all_counted) {
  const int rounds = fewer_if_sanitized(300, 40);
  constexpr int children = 64;
  runtime rt{{.workers = 4}};
  std::uint64_t thrown = 0;
  std::atomic<std::uint64_t> threw{0};
  for (int i = 0; i < rounds; ++i) {
    auto fails = [&](int n) -> task<> {
      if (n % 3 == 0) co_await magpie::yield();
      threw.fetch_add(1);
      throw planned_error();
    };
    std::vector<task<>> tasks;
    for (int n = 0; n < children; ++n) tasks.push_back(fails(n));
    try {
      rt.block_on(magpie::gather(std::move(tasks)));
      ADD_FAILURE();
    } catch (const planned_error&) {
      ++thrown;
    }
  }
  EXPECT_EQ(thrown, static_cast<std::uint64_t>(rounds));
  EXPECT_EQ(thrown + rt.metrics().errors_dropped, threw.load());

  std::vector<join_handle<void>> handles;
  auto fails = []() -> task<> {
    throw planned_error();
    co_return;
  };
  for (int i = 0; i < rounds * 20; ++i) handles.push_back(rt.spawn(fails()));
  int caught = 0;
  for (auto& h : handles) {
    try {
      h.get();
    } catch (const planned_error&) {
      ++caught;
    }
  }
  EXPECT_EQ(caught, rounds * 20);
}

TEST(storm, R10_parking_and_waking_loses_no_task) {
  MAGPIE_TEST_USES_SEED(seed);
  const int each = fewer_if_sanitized(5'000, 1'000);
  runtime rt{{.workers = 4}};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(seed + t);
      race_rounds rounds(each);
      for (int i = 0; rounds.more(); ++i) {
        // Each waits for its own task before it goes on, with pauses about as long as a worker takes to lie down.
        auto pair = [](int a, int b) -> task<int> {
          auto half = [](int n) -> task<int> { co_return n; };
          auto [x, y] = co_await magpie::gather(half(a), half(b));
          co_return x + y;
        };
        EXPECT_EQ(rt.spawn(pair(i, 1)).get(), i + 1);
        const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(random() % 80);
        while (std::chrono::steady_clock::now() < until) {
        }
      }
    });
  }
  for (std::thread& t : threads) t.join();
}

TEST(storm, runtimes_come_and_go_while_foreign_threads_complete_what_their_tasks_wait_for) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  for (race_rounds rounds(fewer_if_sanitized(1'500, 300)); rounds.more();) {
    const int count = 1 + static_cast<int>(random() % 8);
    std::vector<std::unique_ptr<gate>> gates;
    for (int n = 0; n < count; ++n) gates.push_back(std::make_unique<gate>());
    std::atomic<int> ended{0};
    std::thread opener;
    {
      runtime rt{{.workers = 1 + static_cast<unsigned>(random() % 3)}};
      for (int n = 0; n < count; ++n) {
        auto waits = [](gate& g, std::atomic<int>& e, witness) -> task<> {
          struct counts_its_end {
            explicit counts_its_end(std::atomic<int>& c) : count(c) {}
            ~counts_its_end() { count.fetch_add(1); }
            std::atomic<int>& count;
          };
          const counts_its_end last(e);
          co_await g.opened();
          co_await magpie::yield();
        };
        rt.spawn(waits(*gates[static_cast<std::size_t>(n)], ended, witness())).detach();
      }
      opener = std::thread([&] {
        for (auto& g : gates) g->open();
      });
      if (random() % 2 == 0) std::this_thread::yield();
    }
    // A task that the runtime's end reached before its first step never ran; none runs any more.
    EXPECT_LE(ended.load(), count);
    EXPECT_EQ(witness::alive(), 0);
    opener.join();
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(storm, R9_tasks_spawn_while_their_runtime_ends_and_each_ran_or_was_refused) {
  int refused_in_all = 0;
  for (race_rounds rounds(fewer_if_sanitized(1'000, 200)); rounds.more();) {
    std::atomic<int> made{0};
    std::atomic<int> refused{0};
    std::atomic<bool> stop{false};
    {
      runtime rt{{.workers = 2}};
      auto spawner = rt.spawn([&]() -> task<> {
        struct at_the_end {
          std::atomic<bool>& flag;
          explicit at_the_end(std::atomic<bool>& f) : flag(f) {}
          ~at_the_end() { flag.store(true); }
        };
        const at_the_end last(stop);
        auto nothing = [](witness) -> task<> { co_return; };
        for (;;) {
          try {
            rt.spawn(nothing(witness())).detach();
            made.fetch_add(1);
          } catch (const magpie::usage_error&) {
            refused.fetch_add(1);
          }
          co_await magpie::yield();
        }
      });
      while (made.load() < 3) std::this_thread::yield();
      spawner.detach();
    }
    EXPECT_TRUE(stop.load());
    refused_in_all += refused.load();
    EXPECT_EQ(witness::alive(), 0);
  }
  RecordProperty("refused", refused_in_all);
  EXPECT_NO_WITNESS_LEFT();
}

TEST(storm, deep_forks_beside_spawns_and_yields_add_up) {
  MAGPIE_TEST_USES_SEED(seed);
  struct tree {
    static task<long> grow(int depth, std::uint64_t dice) {
      if (depth == 0) co_return 1;
      if (dice % 11 == 0) co_await magpie::yield();
      auto [a, b] = co_await magpie::gather(grow(depth - 1, dice * 6364136223846793005u + 1),
                                            grow(depth - 1, dice * 2862933555777941757u + 3));
      if (dice % 13 == 0) {
        runtime& rt = co_await magpie::get_runtime();
        const long again = co_await rt.spawn(grow(0, dice));
        co_return a + b + again - 1;
      }
      co_return a + b;
    }
  };
  const int rounds = fewer_if_sanitized(60, 10);
  for (unsigned workers : {1u, 2u, 4u}) {
    runtime rt{{.workers = workers}};
    for (int i = 0; i < rounds; ++i) {
      EXPECT_EQ(rt.block_on(tree::grow(12, seed + static_cast<std::uint64_t>(i))), 4096);
    }
  }
}

}  // namespace
