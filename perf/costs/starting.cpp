#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "costs/rows.hpp"
#include "peers/magpie_pool.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

/// What it costs to start a task and to have its result: awaited, as one of two or of a thousand, spawned.
namespace perf {
namespace {

using magpie::task;

constexpr std::uint64_t tasks_an_iteration = 100'000;

task<std::uint64_t> number(std::uint64_t i) { co_return i; }

task<std::uint64_t> awaited(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await number(i);
  co_return sum;
}

task<std::uint64_t> gathered_by_two(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; i += 2) {
    auto [a, b] = co_await magpie::gather(number(i), number(i + 1));
    sum += a + b;
  }
  co_return sum;
}

task<std::uint64_t> gathered_by_thousands(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t from = 0; from < count; from += 1000) {
    std::vector<task<std::uint64_t>> tasks;
    tasks.reserve(1000);
    for (std::uint64_t i = from; i < from + 1000; ++i) tasks.push_back(number(i));
    const std::vector<std::uint64_t> values = co_await magpie::gather(std::move(tasks));
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
}

task<std::uint64_t> spawned(std::uint64_t count) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await runtime.spawn(number(i));
  co_return sum;
}

template <task<std::uint64_t> (*Loop)(std::uint64_t)>
void start_row(benchmark::State& state) {
  magpie_pool pool(static_cast<unsigned>(state.range(0)));
  for (auto _ : state) {
    check(state, pool.runtime.block_on(Loop(tasks_an_iteration)), tasks_an_iteration * (tasks_an_iteration - 1) / 2);
  }
  per_item(state, tasks_an_iteration);
}

void workers(benchmark::internal::Benchmark* row) {
  row->ArgName("threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK(start_row<awaited>)->Name("start/awaited")->Apply(workers);
BENCHMARK(start_row<gathered_by_two>)->Name("start/gather_of_2")->Apply(workers);
BENCHMARK(start_row<gathered_by_thousands>)->Name("start/gather_of_1000")->Apply(workers);
BENCHMARK(start_row<spawned>)->Name("start/spawn_and_await")->Apply(workers);

}  // namespace
}  // namespace perf
