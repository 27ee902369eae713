#include <magpie/as_completed.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "paths/paths.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace perf {
namespace {

using magpie::join_handle;
using magpie::task;

task<std::uint64_t> one(std::uint64_t i) { co_return i; }

task<std::uint64_t> spawn_and_await() {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < path_loops; ++i) sum += co_await runtime.spawn(one(i));
  co_return sum;
}

task<std::uint64_t> spawn_many() {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t begin = 0; begin < path_loops; begin += 1000) {
    std::vector<join_handle<std::uint64_t>> started;
    started.reserve(1000);
    for (std::uint64_t i = begin; i < begin + 1000; ++i) started.push_back(runtime.spawn(one(i)));
    for (auto& handle : started) sum += co_await handle;
  }
  co_return sum;
}

task<std::uint64_t> as_completed() {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t begin = 0; begin < path_loops; begin += 1000) {
    std::vector<join_handle<std::uint64_t>> started;
    started.reserve(1000);
    for (std::uint64_t i = begin; i < begin + 1000; ++i) started.push_back(runtime.spawn(one(i)));
    auto stream = magpie::as_completed(started);
    while (join_handle<std::uint64_t>* const handle = co_await stream.next()) sum += handle->get();
  }
  co_return sum;
}

task<std::uint64_t> yields() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < path_loops; ++i) {
    co_await magpie::yield();
    sum += i;
  }
  co_return sum;
}

task<> count_into(std::uint64_t& sum, std::uint64_t i) {
  sum += i;
  co_return;
}

task<std::uint64_t> group() {
  std::uint64_t sum = 0;
  const auto body = [&sum](magpie::task_group& children) -> task<> {
    for (std::uint64_t i = 0; i < path_loops; ++i) {
      children.spawn(count_into(sum, i));
      if (i % 100 == 99) co_await children.join();
    }
  };
  co_await magpie::with_task_group(body);
  co_return sum;
}

// The time-out never comes: it is set, and taken back.
task<std::uint64_t> timeouts() {
  using namespace std::chrono_literals;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < path_loops; ++i) sum += co_await magpie::with_timeout(1h, one(i));
  co_return sum;
}

constexpr path paths[] = {
    {"spawn_and_await", path_loops, spawn_and_await, path_sum},
    {"spawn_1000_then_await", path_loops, spawn_many, path_sum},
    {"as_completed_1000", path_loops, as_completed, path_sum},
    {"yield", path_loops, yields, path_sum},
    {"group_spawn_join", path_loops, group, path_sum},
    {"timeout_arm_disarm", path_loops, timeouts, path_sum},
};

}  // namespace

std::span<const path> task_paths() { return paths; }

}  // namespace perf
