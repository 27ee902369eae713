#include <magpie/cancellation.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>

#include "costs/rows.hpp"
#include "peers/magpie_pool.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <vector>

/// A group of suspended tasks is cancelled: from the call until all have ended. Beside it, what cannot be saved: the
/// same frames destroyed in the same order; and what other libraries do: an exception thrown and caught for each.
namespace perf {
namespace {

using magpie::task;
using seconds = std::chrono::duration<double>;

task<> sleeps() { co_await magpie::sleep_until(magpie::never); }

task<seconds> cancel_all(std::uint64_t n, std::uint64_t& active) {
  std::chrono::steady_clock::time_point began;
  co_await magpie::with_task_group([&](magpie::task_group& group) -> task<> {
    for (std::uint64_t i = 0; i < n; ++i) group.spawn(sleeps()).detach();
    co_await magpie::sleep_for(std::chrono::milliseconds(1));  // each of them sleeps, if there is one worker
    active = group.active();
    began = std::chrono::steady_clock::now();
    group.cancel();
  });
  co_return std::chrono::steady_clock::now() - began;
}

void cancel_row(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  magpie_pool pool(1);
  for (auto _ : state) {
    std::uint64_t active = 0;
    state.SetIterationTime(pool.runtime.block_on(cancel_all(n, active)).count());
    check(state, active, n);
  }
  per_item(state, n);
}

void destroy_row(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    std::vector<task<>> tasks;
    tasks.reserve(n);
    for (std::uint64_t i = 0; i < n; ++i) tasks.push_back(sleeps());
    const auto began = std::chrono::steady_clock::now();
    tasks.clear();
    state.SetIterationTime(seconds(std::chrono::steady_clock::now() - began).count());
  }
  per_item(state, n);
}

void throw_row(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    std::uint64_t caught = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      try {
        throw std::runtime_error("cancelled");
      } catch (const std::runtime_error&) {
        ++caught;
      }
    }
    check(state, caught, n);
  }
  per_item(state, n);
}

void sizes(benchmark::internal::Benchmark* row) {
  row->ArgName("tasks")->Arg(1000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
}
BENCHMARK(cancel_row)->Name("cancel/magpie")->Apply(sizes)->UseManualTime();
BENCHMARK(destroy_row)->Name("cancel/frames_destroyed")->Apply(sizes)->UseManualTime();
BENCHMARK(throw_row)->Name("cancel/exceptions_thrown")->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace perf
