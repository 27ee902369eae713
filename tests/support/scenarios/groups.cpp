#include <magpie/errors.hpp>
#include <magpie/gather.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task_group.hpp>

#include "support/scenarios/scenarios.hpp"

#include <atomic>
#include <optional>
#include <utility>

namespace magpie_test {
namespace {

using magpie::runtime;
using magpie::task;
using magpie::task_group;
using magpie::with_task_group;

task<> until_stopped(witness w = witness(1)) {
  co_await magpie::sleep_until(magpie::never);
  require(w.value() == 1, "a witness");
}
task<> counts(std::atomic<int>& n, witness w = witness(1)) {
  co_await magpie::yield();
  n.fetch_add(w.value());
}

/// An exception_group of planned errors only; what else went wrong goes on.
int planned_errors(const magpie::exception_group& all) {
  for (const std::exception_ptr& e : all.exceptions()) {
    try {
      std::rethrow_exception(e);
    } catch (const planned_error&) {
    }
  }
  return static_cast<int>(all.exceptions().size());
}

void plain(runtime& rt, int size) {
  std::atomic<int> ran{0};
  const int got = rt.block_on(with_task_group([&](task_group& group) -> task<int> {
    for (int i = 0; i < size; ++i) group.spawn(counts(ran));
    co_return co_await group.spawn(later(5));
  }));
  require(got == 5 && ran.load() == size, "a group joins all its children");
}

void limited(runtime& rt, int size) {
  std::atomic<int> running{0};
  std::atomic<int> ran{0};
  rt.block_on(with_task_group({.limit = 3, .name = "a limited group"}, [&](task_group& group) -> task<> {
    for (int i = 0; i < size; ++i) {
      group.spawn([&]() -> task<> {
        require(running.fetch_add(1) < 3, "three at most");
        co_await magpie::yield();
        running.fetch_sub(1);
        ran.fetch_add(1);
      });
    }
    co_await group.join();
  }));
  require(ran.load() == size, "each one ran");
}

void cancelled(runtime& rt, int size) {
  rt.block_on(with_task_group([&](task_group& group) -> task<> {
    for (int i = 0; i < size; ++i) group.spawn(until_stopped());
    co_await magpie::yield();
    group.cancel();
    co_await until_stopped();
  }));
}

void failing(runtime& rt, int size) {
  try {
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < size; ++i) {
        if (i % 2 == 0) {
          group.spawn(until_stopped());
        } else {
          group.spawn(fails());
        }
      }
      group.spawn(fails());
      co_await until_stopped();
    }));
    require(false, "a group with a failing child");
  } catch (const magpie::exception_group& all) {
    require(planned_errors(all) >= 1, "the failures of a group");
  }
}

void keeping(runtime& rt, int size) {
  std::atomic<int> ran{0};
  try {
    rt.block_on(with_task_group({.policy = magpie::on_error::keep_running}, [&](task_group& group) -> task<> {
      for (int i = 0; i < size; ++i) group.spawn(counts(ran));
      for (int i = 0; i < 3; ++i) group.spawn(fails());
      co_return;
    }));
    require(false, "a group that keeps running has failed");
  } catch (const magpie::exception_group& all) {
    require(planned_errors(all) == 3, "all failures of a group that kept running");
  }
  require(ran.load() == size, "the others ran");
}

task<> bomb(task_group group, std::atomic<int>& left, witness w) {
  co_await magpie::yield();
  for (int i = 0; i < 2; ++i) {
    if (left.fetch_sub(1) > 0) group.spawn(bomb(group, left, w));
  }
}

void growing(runtime& rt, int size) {
  std::atomic<int> left{size};
  rt.block_on(with_task_group([&](task_group& group) -> task<> {
    group.spawn(bomb(group, left, witness(1)));
    co_return;
  }));
  require(left.load() <= 0, "children that spawn");
}

task<> for_ever(task_group group, witness w) {
  for (;;) {
    group.spawn(for_ever(group, w));
    co_await magpie::yield();
  }
}

void bombs(runtime& rt, int size) {
  std::atomic<int> ticks{0};
  rt.block_on(with_task_group([&](task_group& group) -> task<> {
    group.spawn(for_ever(group, witness(1)));
    for (int i = 0; i < size && group.active() < 50; ++i) co_await magpie::yield();
    ticks.fetch_add(1);
    group.cancel();
  }));
  require(ticks.load() == 1, "a spawn bomb is stopped");
}

void nested(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    try {
      rt.block_on(with_task_group([&](task_group& outer) -> task<> {
        outer.spawn(until_stopped());
        co_await with_task_group([&](task_group& inner) -> task<> {
          inner.spawn(until_stopped());
          inner.spawn(fails());
          co_return;
        });
      }));
      require(false, "a failure inside");
    } catch (const magpie::exception_group& all) {
      if (all.find<planned_error>() == nullptr) throw;
    }
  }
}

void from_threads(runtime& rt, int size) {
  std::atomic<int> ran{0};
  rt.block_on(with_task_group([&](task_group& group) -> task<> {
    foreign_threads threads(3, [&, group](int) {
      for (int i = 0; i < size; ++i) group.spawn(counts(ran));
    });
    co_await magpie::yield();
    threads.end();
    co_await group.join();
  }));
  require(ran.load() == 3 * size, "spawns from threads outside");
}

/// The body ends on another worker than the one it began on.
void moving(runtime& rt, int size) {
  std::atomic<int> ran{0};
  const auto body = [&ran](task_group& group) -> task<> {
    co_await magpie::yield();  // none of its children holds the group while it moves
    co_await group.spawn(counts(ran));
  };
  const auto row = [&body, size]() -> task<> {
    for (int i = 0; i < size; ++i) co_await with_task_group(body);
  };
  rt.spawn([&row]() -> task<> { co_await magpie::gather(row(), row(), row()); }).get();
  require(ran.load() == 3 * size, "groups whose bodies move");
}

void abandoned(runtime& rt, int size) {
  auto scope = rt.spawn(with_task_group([size](task_group& group) -> task<> {
    for (int i = 0; i < size; ++i) group.spawn(until_stopped());
    co_await group.join();
  }));
  scope.cancel();
  scope.wait();
  auto o = scope.take();
  if (o.has_error()) o.value();
}

void late(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    rt.block_on([]() -> task<> {
      std::optional<task_group> copy;
      co_await with_task_group([&](task_group& group) -> task<> {
        copy = group;
        group.spawn(later(1)).detach();
        co_return;
      });
      bool refused = false;
      try {
        copy->spawn(later(1)).detach();
      } catch (const magpie::usage_error&) {
        refused = true;
      }
      require(refused, "a group that has ended takes nobody");
    });
  }
}

constexpr scenario list[] = {
    {"group", plain},
    {"group_limited", limited},
    {"group_cancelled", cancelled},
    {"group_failing", failing},
    {"group_keeping", keeping},
    {"group_growing", growing},
    {"group_bomb", bombs},
    {"group_nested", nested},
    {"group_late", late},
    {"group_from_threads", from_threads, true},
    {"group_moving", moving},
    {"group_stopped_from_outside", abandoned},
};

}  // namespace

std::span<const scenario> group_scenarios() { return list; }

}  // namespace magpie_test
