#include <magpie/as_completed.hpp>
#include <magpie/clock.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>

#include "costs/rows.hpp"
#include "peers/magpie_pool.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

/// What waiting costs: a timeout that does not pass, one after another of many results, the first of many.
namespace perf {
namespace {

using magpie::task;

task<std::uint64_t> value(std::uint64_t i) { co_return i; }

constexpr std::uint64_t timeouts_an_iteration = 100'000;

/// To be compared with start/awaited: the same task without a timeout.
task<std::uint64_t> timed_awaits(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await magpie::with_timeout(std::chrono::hours(1), value(i));
  co_return sum;
}

void timeout_row(benchmark::State& state) {
  magpie_pool pool(1);
  for (auto _ : state) {
    check(state, pool.runtime.block_on(timed_awaits(timeouts_an_iteration)),
          timeouts_an_iteration * (timeouts_an_iteration - 1) / 2);
  }
  per_item(state, timeouts_an_iteration);
}
BENCHMARK(timeout_row)->Name("timeout/magpie")->Unit(benchmark::kMillisecond)->UseRealTime();

/// So many timers of others are armed meanwhile.
void timeout_among_row(benchmark::State& state) {
  magpie_pool pool(1);
  const auto pending = static_cast<std::uint64_t>(state.range(0));
  pool.runtime.block_on([](std::uint64_t n, benchmark::State& s) -> task<> {
    magpie::runtime& runtime = co_await magpie::get_runtime();
    std::vector<magpie::join_handle<void>> sleepers;
    sleepers.reserve(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      sleepers.push_back(runtime.spawn(
          [](std::uint64_t k) -> task<> { co_await magpie::sleep_for(std::chrono::seconds(1000 + k % 1000)); }(i)));
    }
    for (int i = 0; i < 3; ++i) co_await magpie::yield();  // each of them sleeps
    for (auto _ : s) {
      check(s, co_await timed_awaits(timeouts_an_iteration), timeouts_an_iteration * (timeouts_an_iteration - 1) / 2);
    }
    for (auto& each : sleepers) each.cancel();
  }(pending, state));
  per_item(state, timeouts_an_iteration);
}
BENCHMARK(timeout_among_row)
    ->Name("timeout/magpie/pending")
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

task<std::uint64_t> in_order_of_completion(std::uint64_t n, std::uint64_t rounds) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    std::vector<magpie::join_handle<std::uint64_t>> handles;
    handles.reserve(n);
    for (std::uint64_t i = 0; i < n; ++i) handles.push_back(runtime.spawn(value(i)));
    auto stream = magpie::as_completed(handles);
    while (auto* const h = co_await stream.next()) sum += h->get();
  }
  co_return sum;
}

constexpr std::uint64_t completions_an_iteration = 200'000;

void as_completed_row(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  magpie_pool pool(static_cast<unsigned>(state.range(1)));
  const std::uint64_t rounds = completions_an_iteration / n;
  for (auto _ : state) {
    check(state, pool.runtime.block_on(in_order_of_completion(n, rounds)), rounds * (n * (n - 1) / 2));
  }
  per_item(state, rounds * n);
}
BENCHMARK(as_completed_row)
    ->Name("as_completed/magpie")
    ->ArgNames({"handles", "threads"})
    ->ArgsProduct({{10, 1000, 100'000}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

task<std::uint64_t> first_of(std::uint64_t n, std::uint64_t rounds) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t there = 0;
  std::vector<magpie::join_handle<void>> handles;
  for (std::uint64_t i = 1; i < n; ++i) handles.push_back(runtime.spawn(magpie::sleep_until(magpie::never)));
  for (std::uint64_t r = 0; r < rounds; ++r) {
    handles.push_back(runtime.spawn([]() -> task<> { co_return; }));
    there += co_await magpie::wait_any(handles) == n - 1 ? 1 : 0;
    handles.pop_back();
  }
  for (auto& h : handles) h.cancel();
  co_return there;
}

void wait_any_row(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  magpie_pool pool(1);
  const std::uint64_t rounds = 100'000 / n;
  for (auto _ : state) check(state, pool.runtime.block_on(first_of(n, rounds)), rounds);
  per_item(state, rounds * n);
}
BENCHMARK(wait_any_row)
    ->Name("wait_any/magpie")
    ->ArgNames({"handles"})
    ->Arg(2)
    ->Arg(1000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace perf
