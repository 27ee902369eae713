#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>

/// What the rows of magpie-costs have in common.
namespace perf {

/// A result that differs from the serial one fails its row, and, at the end, the program.
inline bool wrong_results = false;

template <class T>
void check(benchmark::State& state, const T& got, const T& expected) {
  if (got == expected) return;
  wrong_results = true;
  state.SkipWithError("the result differs from the serial one");
}

/// An iteration did so many of what the row is about: shown as the time of each.
inline void per_item(benchmark::State& state, std::uint64_t items) {
  state.counters["each"] = benchmark::Counter(
      static_cast<double>(items), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace perf
