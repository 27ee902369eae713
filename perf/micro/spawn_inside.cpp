#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "peers/magpie_pool.hpp"
#include "peers/tbb_arena.hpp"
#include "support/rows.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <utility>
#include <vector>

/// A task that spawns others: each awaited before the next, or all of them awaited in the end.
namespace perf {
namespace {

constexpr std::uint64_t tasks_an_iteration = 20'000;

magpie::task<std::uint64_t> spawned(std::uint64_t i) { co_return i; }

magpie::task<std::uint64_t> one_by_one(std::uint64_t count) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await runtime.spawn(spawned(i));
  co_return sum;
}

magpie::task<std::uint64_t> together(std::uint64_t count, std::uint64_t at_once) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  std::vector<magpie::join_handle<std::uint64_t>> handles;
  handles.reserve(at_once);
  for (std::uint64_t done = 0; done < count; done += at_once) {
    for (std::uint64_t i = 0; i < at_once; ++i) handles.push_back(runtime.spawn(spawned(done + i)));
    for (auto& handle : handles) sum += co_await handle;
    handles.clear();
  }
  co_return sum;
}

std::uint64_t spawn_on(magpie_pool& pool, std::uint64_t count, std::uint64_t at_once) {
  return pool.runtime.block_on(at_once == 1 ? one_by_one(count) : together(count, at_once));
}

#if PERF_HAS_TBB
std::uint64_t spawn_on(tbb_arena& arena, std::uint64_t count, std::uint64_t at_once) {
  return arena.run([count, at_once] {
    std::uint64_t sum = 0;
    std::vector<std::uint64_t> values(at_once);
    for (std::uint64_t done = 0; done < count; done += at_once) {
      oneapi::tbb::task_group group;
      for (std::uint64_t i = 0; i < at_once; ++i) group.run([&values, done, i] { values[i] = done + i; });
      group.wait();
      for (const std::uint64_t value : values) sum += value;
    }
    return sum;
  });
}
#endif

template <class Peer>
void spawn_row(benchmark::State& state) {
  Peer peer(static_cast<unsigned>(state.range(1)));
  const std::uint64_t expected = tasks_an_iteration * (tasks_an_iteration - 1) / 2;
  for (auto _ : state) {
    check(state, spawn_on(peer, tasks_an_iteration, static_cast<std::uint64_t>(state.range(0))), expected);
  }
  per_item(state, tasks_an_iteration);
}

void ways(benchmark::internal::Benchmark* row) {
  row->ArgNames({"at_once", "threads"})->ArgsProduct({{1, 1000}, {1, 2}})->UseRealTime();
  row->Unit(benchmark::kMillisecond);
}

BENCHMARK(spawn_row<magpie_pool>)->Name("spawn_inside/magpie")->Apply(ways);
#if PERF_HAS_TBB
BENCHMARK(spawn_row<tbb_arena>)->Name("spawn_inside/oneTBB")->Apply(ways);
#endif

}  // namespace
}  // namespace perf
