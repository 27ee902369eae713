#include "micro/fib.hpp"
#include "support/rows.hpp"

#include <benchmark/benchmark.h>

namespace perf {
namespace {

template <class Peer>
void fib_row(benchmark::State& state) {
  const auto n = static_cast<unsigned>(state.range(0));
  const std::uint64_t expected = fib(n);
  Peer peer(static_cast<unsigned>(state.range(1)));
  for (auto _ : state) check(state, fib_on(peer, n), expected);
  per_item(state, fib_calls(n));
}

void on_one(benchmark::internal::Benchmark* row) {
  row->ArgNames({"n", "threads"})->Args({30, 1})->UseRealTime()->Unit(benchmark::kMillisecond);
}
void on_one_and_two(benchmark::internal::Benchmark* row) {
  on_one(row);
  row->Args({30, 2});
}

BENCHMARK(fib_row<serial>)->Name("fib/serial")->Apply(on_one);
BENCHMARK(fib_row<bare_pool>)->Name("fib/bare")->Apply(on_one);
BENCHMARK(fib_row<magpie_pool>)->Name("fib/magpie")->Apply(on_one_and_two);
#if PERF_HAS_TBB
BENCHMARK(fib_row<tbb_arena>)->Name("fib/oneTBB")->Apply(on_one_and_two);
#endif

}  // namespace
}  // namespace perf
