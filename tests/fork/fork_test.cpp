#include <magpie/completion.hpp>
#include <magpie/event.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/testing.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/patience.hpp"
#include "support/sanitizers.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// A child made by fork() has its parent's runtimes without their threads: each use is an error, none is a hang.
namespace {

using magpie::runtime;
using magpie::task;
using namespace std::chrono_literals;

constexpr int all_right = 42;

/// How a child ended that runs `f`: what `f` returns, or the negative number of the signal that ended it; -SIGALRM if
/// it hangs.
template <class F>
int in_child(F f) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(100);
    int status = 99;
    try {
      status = f();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "in the child: %s\n", e.what());
    }
    _exit(status);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Whether `f()` throws a usage_error that speaks of fork().
template <class F>
bool refuses(F f) {
  try {
    f();
  } catch (const magpie::usage_error& e) {
    if (std::string(e.what()).find("fork()") != std::string::npos) return true;
    std::fprintf(stderr, "another message: %s\n", e.what());
  }
  return false;
}

task<int> number(int n) { co_return n; }
task<int> forever() {
  co_await magpie::sleep_until(magpie::never);
  co_return 0;
}
task<long> fib(int n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}

TEST(fork, a_child_starts_nothing_on_its_parents_runtime) {
  runtime rt{{.workers = 2}};
  EXPECT_EQ(rt.block_on(number(1)), 1);
  EXPECT_EQ(in_child([&] {
              const bool right = refuses([&] { rt.block_on(number(2)); }) && refuses([&] { rt.spawn(number(2)); }) &&
                                 refuses([&] { rt.shutdown(1s); });
              return right ? all_right : 1;
            }),
            all_right);
  EXPECT_EQ(rt.block_on(number(3)), 3) << "the parent goes on";
}

TEST(fork, a_childs_default_runtime_is_refused_if_the_parent_had_one) {
  EXPECT_EQ(magpie::block_on(number(1)), 1);
  EXPECT_EQ(in_child([] {
              const bool right =
                  refuses([] { magpie::default_runtime(); }) && refuses([] { magpie::block_on(number(2)); });
              return right ? all_right : 1;
            }),
            all_right);
  EXPECT_EQ(magpie::block_on(number(3)), 3);
}

TEST(fork, a_child_does_not_wait_for_what_its_parent_runs) {
  runtime rt{{.workers = 2}};
  auto unfinished = rt.spawn(forever());
  auto shared = rt.spawn(forever()).share();
  EXPECT_EQ(in_child([&] {
              const bool right = refuses([&] { unfinished.get(); }) && refuses([&] { unfinished.wait(); }) &&
                                 refuses([&] { unfinished.wait_for(1ms); }) && refuses([&] { shared.wait(); }) &&
                                 refuses([&] { shared.wait_for(1ms); });
              return right ? all_right : 1;
            }),
            all_right);
  EXPECT_TRUE(unfinished.cancel());
  EXPECT_THROW(unfinished.get(), magpie::task_cancelled);
}

TEST(fork, a_child_has_what_was_finished) {
  runtime rt{{.workers = 2}};
  auto finished = rt.spawn(number(7));
  finished.wait();
  auto shared = rt.spawn(number(8)).share();
  shared.wait();
  EXPECT_EQ(in_child([&] { return finished.get() == 7 && shared.get() == 8 ? all_right : 1; }), all_right);
  EXPECT_EQ(finished.get(), 7);
}

TEST(fork, a_child_lets_go_of_handles_and_stops_nobody) {
  runtime rt{{.workers = 2}};
  auto unfinished = std::make_unique<magpie::join_handle<int>>(rt.spawn(forever()));
  EXPECT_EQ(in_child([&] {
              const bool stopped = unfinished->cancel();
              unfinished.reset();
              return stopped ? 1 : all_right;
            }),
            all_right);
  EXPECT_FALSE(unfinished->ready());
}

TEST(fork, a_child_sees_that_its_runtime_is_without_threads) {
  runtime rt{{.workers = 2}};
  auto unfinished = rt.spawn(forever(), {.name = "a long one"});
  EXPECT_EQ(in_child([&] {
              std::ostringstream out;
              rt.dump(out);
              if (out.str().find("fork()") == std::string::npos) return 1;
              return rt.workers() == 2 && rt.metrics().workers == 2 ? all_right : 2;
            }),
            all_right);
}

TEST(fork, a_child_that_spawns_into_a_group_of_its_parents_is_refused) {
  runtime rt{{.workers = 2}};
  magpie_test::gate is_open;
  magpie_test::gate done;
  std::unique_ptr<magpie::task_group> copy;
  auto body = [&](magpie::task_group& g) -> task<> {
    copy = std::make_unique<magpie::task_group>(g);
    is_open.open();
    co_await done.opened();
  };
  auto scope = rt.spawn(magpie::with_task_group(body));
  ASSERT_TRUE(is_open.wait());
  EXPECT_EQ(in_child([&] {
              try {
                copy->spawn(number(1));
              } catch (const magpie::usage_error&) {
                return all_right;
              }
              return 1;
            }),
            all_right);
  done.open();
  scope.get();
}

TEST(fork, the_end_of_a_runtime_in_a_child_waits_for_no_thread) {
  auto rt = std::make_unique<runtime>(magpie::runtime_options{.workers = 3});
  auto unfinished = rt->spawn(forever());
  auto deadline = rt->spawn(magpie::sleep_for(1h));  // there is a timer thread
  EXPECT_EQ(in_child([&] {
              rt.reset();
              return all_right;
            }),
            all_right);
  EXPECT_EQ(rt->block_on(number(3)), 3);
}

/// A child that leaves by exit(): the destructors of statics run, that of a runtime among them.
TEST(fork, a_child_exits_cleanly) {
  static runtime rt{{.workers = 2}};
  auto unfinished = rt.spawn(forever());
  EXPECT_EQ(magpie::block_on(number(1)), 1);
  std::fflush(nullptr);
  EXPECT_EQ(in_child([&]() -> int { std::exit(all_right); }), all_right);
  EXPECT_TRUE(unfinished.cancel());
}

TEST(fork, a_child_may_make_a_runtime_of_its_own) {
  if (magpie_test::under_tsan) GTEST_SKIP() << "ThreadSanitizer lets no child of many threads start one";
  runtime rt{{.workers = 2}};
  auto unfinished = rt.spawn(forever());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(in_child([&] {
                runtime own{{.workers = 2}};
                if (own.block_on(fib(15)) != 610) return 1;
                auto h = own.spawn(number(5));
                if (h.get() != 5) return 2;
                auto [a, b] = own.block_on(magpie::gather(fib(10), magpie::sleep_for(1ms)));
                return a == 55 && refuses([&] { rt.block_on(number(1)); }) ? all_right : 3;
              }),
              all_right);
  }
}

TEST(fork, a_grandchild_is_refused_both) {
  if (magpie_test::under_tsan) GTEST_SKIP() << "ThreadSanitizer lets no child of many threads start one";
  runtime rt{{.workers = 2}};
  EXPECT_EQ(in_child([&] {
              runtime own{{.workers = 1}};
              if (own.block_on(number(1)) != 1) return 1;
              return in_child([&] {
                const bool right = refuses([&] { rt.spawn(number(1)); }) && refuses([&] { own.spawn(number(1)); });
                return right ? all_right : 2;
              });
            }),
            all_right);
}

TEST(fork, a_virtual_runtime_has_no_threads_and_goes_on_in_a_child) {
  magpie::testing::virtual_runtime rt;
  auto slow = [](int n) -> task<int> {
    co_await magpie::sleep_for(1h);
    co_return n;
  };
  auto h = rt.spawn(slow(6));
  EXPECT_EQ(in_child([&] { return rt.block_on(slow(5)) == 5 && h.get() == 6 ? all_right : 1; }), all_right);
  EXPECT_EQ(h.get(), 6);
}

TEST(fork, of_a_busy_parent_harms_neither) {
  runtime rt{{.workers = 4}};
  std::atomic<bool> over{false};
  auto churn = [&]() -> task<> {
    while (!over.load()) {
      const long n = co_await fib(12);
      EXPECT_EQ(n, 144);
      co_await rt.spawn(number(1));
      co_await magpie::yield();
    }
  };
  std::vector<magpie::join_handle<void>> busy;
  for (int i = 0; i < 4; ++i) busy.push_back(rt.spawn(churn));
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(in_child([&] { return refuses([&] { rt.block_on(number(1)); }) ? all_right : 1; }), all_right);
  }
  over.store(true);
  for (auto& h : busy) h.get();
}

TEST(fork, by_a_task_whose_child_leaves_at_once) {
  runtime rt{{.workers = 2}};
  auto forks = []() -> task<int> { co_return in_child([] { return all_right; }); };
  EXPECT_EQ(rt.spawn(forks).get(), all_right);
}

TEST(fork, by_a_task_that_goes_on_in_the_child_ends_the_child_with_a_message) {
  runtime rt{{.workers = 2}};
  magpie::event never;
  auto forks = [&never]() -> task<int> {
    const pid_t child = fork();
    if (child == 0) {
      alarm(100);
      if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
      co_await never.wait();
      _exit(2);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    co_return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
  };
  auto on_a_worker = rt.spawn(forks);
  ASSERT_TRUE(on_a_worker.wait_for(10min));
  EXPECT_EQ(on_a_worker.get(), SIGABRT);
}

TEST(fork, by_a_task_that_goes_on_in_a_child_without_workers_ends_the_wait_for_it) {
  runtime rt{{.workers = 2}};
  const std::thread::id here = std::this_thread::get_id();
  magpie::event never;
  bool is_child = false;
  auto forks = [&]() -> task<int> {
    if (std::this_thread::get_id() != here) co_return 0;  // a worker was faster
    const pid_t child = fork();
    if (child == 0) {
      is_child = true;
      alarm(100);
      co_await never.wait();
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    co_return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  };
  EXPECT_TRUE(magpie_test::comes_true([&] {
    auto handle = rt.spawn(forks);
    int status = 0;
    const bool refused = refuses([&] { status = handle.get(); });
    if (is_child) _exit(refused ? all_right : 1);
    EXPECT_TRUE(!refused && (status == 0 || status == all_right)) << status;
    return status == all_right;
  }));
}

TEST(fork, of_a_parent_whose_threads_wait_for_tasks_harms_neither) {
  runtime rt{{.workers = 4}};
  std::atomic<bool> over{false};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 2; ++i) {
    waiters.emplace_back([&] {
      for (int n = 0; !over.load(); ++n) EXPECT_EQ(rt.spawn(number(n)).get(), n);
    });
  }
  auto unfinished = rt.spawn(forever());
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(in_child([&] { return refuses([&] { unfinished.get(); }) ? all_right : 1; }), all_right);
  }
  over.store(true);
  for (std::thread& each : waiters) each.join();
}

}  // namespace
