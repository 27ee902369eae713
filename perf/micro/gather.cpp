#include <magpie/gather.hpp>
#include <magpie/task.hpp>

#include "peers/magpie_pool.hpp"
#include "peers/tbb_arena.hpp"
#include "support/rows.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <numeric>
#include <vector>

/// n children of one parent, again and again. The children only give back their number.
namespace perf {
namespace {

constexpr std::uint64_t children_an_iteration = 100'000;

magpie::task<std::uint64_t> child(std::uint64_t i) { co_return i; }

magpie::task<std::uint64_t> gather_pairs(std::uint64_t rounds) {
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    auto [a, b] = co_await magpie::gather(child(0), child(1));
    sum += a + b;
  }
  co_return sum;
}

magpie::task<std::uint64_t> gather_ranges(std::uint64_t n, std::uint64_t rounds) {
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    std::vector<magpie::task<std::uint64_t>> tasks;
    tasks.reserve(n);
    for (std::uint64_t i = 0; i < n; ++i) tasks.push_back(child(i));
    const std::vector<std::uint64_t> values = co_await magpie::gather(std::move(tasks));
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
}

std::uint64_t gather_on(magpie_pool& pool, std::uint64_t n, std::uint64_t rounds) {
  return pool.runtime.block_on(n == 2 ? gather_pairs(rounds) : gather_ranges(n, rounds));
}

#if PERF_HAS_TBB
std::uint64_t gather_on(tbb_arena& arena, std::uint64_t n, std::uint64_t rounds) {
  return arena.run([n, rounds] {
    std::uint64_t sum = 0;
    for (std::uint64_t r = 0; r < rounds; ++r) {
      std::vector<std::uint64_t> values(n);
      oneapi::tbb::task_group group;
      for (std::uint64_t i = 0; i < n; ++i) group.run([&values, i] { values[i] = i; });
      group.wait();
      sum = std::accumulate(values.begin(), values.end(), sum);
    }
    return sum;
  });
}
#endif

template <class Peer>
void gather_row(benchmark::State& state) {
  const auto n = static_cast<std::uint64_t>(state.range(0));
  const std::uint64_t rounds = children_an_iteration / n;
  const std::uint64_t expected = rounds * (n * (n - 1) / 2);
  Peer peer(static_cast<unsigned>(state.range(1)));
  for (auto _ : state) check(state, gather_on(peer, n, rounds), expected);
  per_item(state, rounds * n);
}

void sizes(benchmark::internal::Benchmark* row) {
  row->ArgNames({"children", "threads"})->ArgsProduct({{2, 10, 1000}, {1, 2}})->UseRealTime();
  row->Unit(benchmark::kMillisecond);
}

BENCHMARK(gather_row<magpie_pool>)->Name("gather/magpie")->Apply(sizes);
#if PERF_HAS_TBB
BENCHMARK(gather_row<tbb_arena>)->Name("gather/oneTBB")->Apply(sizes);
#endif

}  // namespace
}  // namespace perf
