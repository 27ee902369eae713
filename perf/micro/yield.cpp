#include <magpie/gather.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "peers/magpie_pool.hpp"
#include "support/rows.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>
#include <vector>

/// Tasks that do nothing but let the others run.
namespace perf {
namespace {

constexpr std::uint64_t yields_an_iteration = 100'000;

magpie::task<std::uint64_t> yielding(std::uint64_t count) {
  std::uint64_t done = 0;
  for (; done < count; ++done) co_await magpie::yield();
  co_return done;
}

magpie::task<std::uint64_t> all_yield(std::uint64_t tasks, std::uint64_t each) {
  std::vector<magpie::task<std::uint64_t>> them;
  for (std::uint64_t i = 0; i < tasks; ++i) them.push_back(yielding(each));
  const std::vector<std::uint64_t> done = co_await magpie::gather(std::move(them));
  co_return std::accumulate(done.begin(), done.end(), std::uint64_t{0});
}

void yield_row(benchmark::State& state) {
  const auto tasks = static_cast<std::uint64_t>(state.range(0));
  const std::uint64_t each = yields_an_iteration / tasks;
  magpie_pool pool(static_cast<unsigned>(state.range(1)));
  for (auto _ : state) check(state, pool.runtime.block_on(all_yield(tasks, each)), each * tasks);
  per_item(state, each * tasks);
}

BENCHMARK(yield_row)
    ->Name("yield/magpie")
    ->ArgNames({"tasks", "threads"})
    ->ArgsProduct({{1, 2, 100}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace perf
