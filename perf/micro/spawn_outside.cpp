#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "peers/magpie_pool.hpp"
#include "peers/tbb_arena.hpp"
#include "support/rows.hpp"
#include "support/submitters.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <vector>

/// Plain threads that hand tasks to the pool as fast as they can; the clock stops when the last task has run.
namespace perf {
namespace {

constexpr std::uint64_t tasks_an_iteration = 40'000;

/// How many tasks of one submitter have not run, and what those that have run were numbered.
struct alignas(128) progress {
  std::atomic<std::uint64_t> left;
  std::atomic<std::uint64_t> sum;

  void ran(std::uint64_t number) noexcept {
    sum.fetch_add(number, std::memory_order_relaxed);
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) left.notify_one();
  }
};

magpie::task<> outside_task(progress& mine, std::uint64_t i) {
  mine.ran(i);
  co_return;
}
void submit(magpie_pool& pool, progress& mine, std::uint64_t i) { pool.runtime.spawn(outside_task(mine, i)).detach(); }

#if PERF_HAS_TBB
void submit(tbb_workers& workers, progress& mine, std::uint64_t i) {
  workers.enqueue([&mine, i] { mine.ran(i); });
}
#endif

template <class Peer>
void outside_row(benchmark::State& state) {
  const auto senders = static_cast<unsigned>(state.range(0));
  const std::uint64_t each = tasks_an_iteration / senders;
  Peer peer(static_cast<unsigned>(state.range(1)));
  submitters threads(senders);
  std::vector<progress> all(senders);
  for (auto _ : state) {
    for (progress& p : all) {
      p.sum = 0;
      p.left = each;
    }
    threads.run([&](unsigned s) {
      for (std::uint64_t i = 0; i < each; ++i) submit(peer, all[s], i);
    });
    for (progress& p : all) {
      for (std::uint64_t left; (left = p.left.load(std::memory_order_acquire)) != 0;) p.left.wait(left);
      check(state, p.sum.load(), each * (each - 1) / 2);
    }
  }
  per_item(state, each * senders);
}

void shapes(benchmark::internal::Benchmark* row) {
  row->ArgNames({"submitters", "threads"})->ArgsProduct({{1, 4}, {1, 2}})->UseRealTime();
  row->Unit(benchmark::kMillisecond);
}

BENCHMARK(outside_row<magpie_pool>)->Name("spawn_outside/magpie")->Apply(shapes);
#if PERF_HAS_TBB
BENCHMARK(outside_row<tbb_workers>)->Name("spawn_outside/oneTBB")->Apply(shapes);
#endif

}  // namespace
}  // namespace perf
