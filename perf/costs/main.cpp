#include "costs/rows.hpp"
#include "support/built_with.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("compiler", perf::compiler());
  benchmark::AddCustomContext("flags", PERF_FLAGS);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (perf::wrong_results) std::fputs("magpie-costs: some results are wrong; see above\n", stderr);
  return perf::wrong_results ? 1 : 0;
}
