#include "support/built_with.hpp"
#include "support/rows.hpp"

#include <benchmark/benchmark.h>

#include <cstdio>

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const auto& [name, value] : perf::built_with()) benchmark::AddCustomContext(name, value);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (perf::wrong_results) std::fputs("magpie-micro: some results are wrong; see above\n", stderr);
  return perf::wrong_results ? 1 : 0;
}
