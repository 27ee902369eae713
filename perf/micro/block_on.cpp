#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "peers/magpie_pool.hpp"
#include "peers/tbb_arena.hpp"
#include "support/rows.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <semaphore>
#include <thread>

/// A plain thread hands over one small task and waits for it: at once after the last one, or after some idleness.
namespace perf {
namespace {

magpie::task<std::uint64_t> small(std::uint64_t i) { co_return i + 1; }

struct by_block_on : magpie_pool {
  using magpie_pool::magpie_pool;
  std::uint64_t round_trip(std::uint64_t i) { return runtime.block_on(small(i)); }
};

struct by_spawn_and_get : magpie_pool {
  using magpie_pool::magpie_pool;
  std::uint64_t round_trip(std::uint64_t i) { return runtime.spawn(small(i)).get(); }
};

#if PERF_HAS_TBB
/// The caller takes part: the task may well run on it.
struct by_group_wait : tbb_arena {
  using tbb_arena::tbb_arena;
  std::uint64_t round_trip(std::uint64_t i) {
    return run([i] {
      std::uint64_t value = 0;
      oneapi::tbb::task_group group;
      group.run([&value, i] { value = i + 1; });
      group.wait();
      return value;
    });
  }
};
struct by_enqueue : tbb_workers {
  using tbb_workers::tbb_workers;
  std::uint64_t round_trip(std::uint64_t i) {
    std::uint64_t value = 0;
    std::binary_semaphore done(0);
    enqueue([&] {
      value = i + 1;
      done.release();
    });
    done.acquire();
    return value;
  }
};
#endif

template <class Way>
void round_trip_row(benchmark::State& state) {
  const std::chrono::microseconds idle(state.range(0));
  Way way(static_cast<unsigned>(state.range(1)));
  std::uint64_t i = 0;
  for (auto _ : state) {
    if (idle.count() != 0) std::this_thread::sleep_for(idle);
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t got = way.round_trip(i);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    ++i;
    check(state, got, i);
    state.SetIterationTime(took.count());
  }
}

void after_idleness(benchmark::internal::Benchmark* row) {
  row->ArgNames({"idle_us", "threads"})->Unit(benchmark::kMicrosecond)->UseManualTime();
  row->ArgsProduct({{0}, {1, 2}})->Args({1000, 2});
}

BENCHMARK(round_trip_row<by_block_on>)->Name("block_on/magpie")->Apply(after_idleness);
BENCHMARK(round_trip_row<by_spawn_and_get>)->Name("spawn_and_get/magpie")->Apply(after_idleness);
#if PERF_HAS_TBB
BENCHMARK(round_trip_row<by_group_wait>)->Name("block_on/oneTBB")->Apply(after_idleness);
BENCHMARK(round_trip_row<by_enqueue>)->Name("spawn_and_get/oneTBB")->Apply(after_idleness);
#endif

}  // namespace
}  // namespace perf
