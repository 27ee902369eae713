#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

/// Places in a group that workers hold (docs/protocols/task_group.md, G3): nobody sees them but by the time that they
/// save. On threads, since the virtual runtime holds none.
namespace {

using magpie::runtime;
using magpie::task;
using magpie::task_group;
using magpie::with_task_group;

runtime on_workers(unsigned n) { return runtime({.workers = n}); }

/// By one of the workers from the first step on: whoever waits in block_on() or get() may begin the task on its own
/// thread, where no places are held.
template <class F>
void run_on_a_worker(runtime& rt, F f) {
  auto h = rt.spawn(std::move(f));
  ASSERT_TRUE(h.wait_for(std::chrono::minutes(1)));
  h.get();
}

task<> note_active(task_group group, std::vector<std::size_t>& seen) {
  seen.push_back(group.active());
  co_return;
}

TEST(held_places, reserved_ones_are_no_children) {
  runtime rt = on_workers(1);
  std::vector<std::size_t> seen;
  const auto body = [&seen](task_group& group) -> task<> {
    for (int i = 0; i < 40; ++i) group.spawn(note_active(group, seen)).detach();
    EXPECT_EQ(group.active(), 40u);
    co_return;
  };
  run_on_a_worker(rt, [&]() -> task<> { co_await with_task_group(body); });
  ASSERT_EQ(seen.size(), 40u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], 40 - i);
}

TEST(held_places, those_of_a_group_are_given_back_before_another_task_runs) {
  runtime rt = on_workers(1);
  run_on_a_worker(rt, [&]() -> task<> {
    co_await with_task_group([](task_group& outer) -> task<> {
      const auto nest = [outer](task_group& inner) -> task<> {
        std::vector<std::size_t> seen;
        for (int i = 0; i < 3; ++i) inner.spawn(note_active(inner, seen)).detach();
        EXPECT_EQ(inner.active(), 3u);
        EXPECT_EQ(outer.active(), 1u);
        co_await inner.join();
        EXPECT_EQ(seen, (std::vector<std::size_t>{3, 2, 1}));
        EXPECT_EQ(inner.active(), 0u);
      };
      outer.spawn(with_task_group(nest)).detach();
      co_await outer.join();
      EXPECT_EQ(outer.active(), 0u);
    });
  });
}

TEST(held_places, what_stands_behind_the_last_child_is_not_lost_when_the_group_ends) {
  runtime rt = on_workers(1);
  std::vector<std::string> seen;
  const auto note = [&seen](std::string what) -> task<> {
    seen.push_back(std::move(what));
    co_return;
  };
  run_on_a_worker(rt, [&]() -> task<> {
    co_await with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < 3; ++i) group.spawn(note("child")).detach();
      rt.spawn(note("stranger")).detach();
      co_return;
    });
    seen.push_back("behind the group");
    while (seen.size() < 5) co_await magpie::yield();
  });
  EXPECT_EQ(seen, (std::vector<std::string>{"child", "child", "child", "behind the group", "stranger"}));
}

/// A child that waits for a plain flag keeps its worker, and no held place keeps the others from being counted.
TEST(held_places, a_child_that_computes_hides_no_end) {
  runtime rt = on_workers(2);
  run_on_a_worker(rt, [&]() -> task<> {
    std::atomic<bool> go_on{false};
    co_await with_task_group([&go_on](task_group& group) -> task<> {
      for (int i = 0; i < 20; ++i) {
        group.spawn([]() -> task<> { co_return; }).detach();
      }
      group
          .spawn([&go_on]() -> task<> {
            while (!go_on) {
            }
            co_return;
          })
          .detach();
      while (group.active() != 1) co_await magpie::yield();
      go_on = true;
    });
  });
}

task<> tree(task_group group, int depth, std::atomic<int>& nodes) {
  ++nodes;
  EXPECT_GE(group.active(), 1u);
  if (depth == 0) co_return;
  for (int i = 0; i < 3; ++i) group.spawn(tree(group, depth - 1, nodes)).detach();
}

TEST(held_places, children_that_spawn_children_end_with_the_group) {
  for (const unsigned workers : {1u, 2u, 4u}) {
    runtime rt = on_workers(workers);
    for (int round = 0; round < 20; ++round) {
      std::atomic<int> nodes{0};
      run_on_a_worker(rt, [&nodes]() -> task<> {
        co_await with_task_group([&nodes](task_group& group) -> task<> {
          group.spawn(tree(group, 5, nodes)).detach();
          co_return;
        });
      });
      EXPECT_EQ(nodes, 364);
    }
  }
}

/// The worker on which it began is still on the way to its next task then, and looks at the places it holds.
TEST(held_places, a_body_goes_on_and_ends_on_another_worker) {
  for (const unsigned workers : {2u, 4u}) {
    runtime rt = on_workers(workers);
    std::atomic<int> ran{0};
    const auto body = [&ran](task_group& group) -> task<> {
      co_await magpie::yield();  // none of its children holds the group while it moves
      co_await group.spawn([&ran]() -> task<> {
        ++ran;
        co_return;
      });
    };
    const auto one_after_the_other = [&body]() -> task<> {
      for (int i = 0; i < 500; ++i) co_await with_task_group(body);
    };
    run_on_a_worker(rt, [&]() -> task<> {
      co_await magpie::gather(one_after_the_other(), one_after_the_other(), one_after_the_other());
    });
    EXPECT_EQ(ran, 1500);
  }
}

TEST(held_places, a_failure_among_a_row_stops_the_rest_and_is_thrown) {
  for (const unsigned workers : {1u, 2u}) {
    runtime rt = on_workers(workers);
    std::atomic<int> ran{0};
    const auto body = [&ran](task_group& group) -> task<> {
      for (int i = 0; i < 100; ++i) {
        group
            .spawn([&ran, i]() -> task<> {
              ++ran;
              if (i == 50) throw i;
              co_return;
            })
            .detach();
      }
      co_return;
    };
    try {
      run_on_a_worker(rt, [&]() -> task<> { co_await with_task_group(body); });
      FAIL() << "nothing was thrown";
    } catch (const magpie::exception_group& all) {
      EXPECT_EQ(all.exceptions().size(), 1u);
    }
    if (workers == 1) {
      EXPECT_EQ(ran, 51);
    }
  }
}

}  // namespace
