#include <magpie/gather.hpp>
#include <magpie/parallel_for.hpp>

#include "paths/paths.hpp"

#include <cstdint>
#include <numeric>
#include <vector>

namespace perf {
namespace {

using magpie::task;

task<std::uint64_t> one(std::uint64_t i) { co_return i; }

task<std::uint64_t> awaits() {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < path_loops; ++i) sum += co_await one(i);
  co_return sum;
}

task<std::uint64_t> fib(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}

task<std::uint64_t> wide() {
  std::uint64_t sum = 0;
  for (std::uint64_t begin = 0; begin < path_loops; begin += 1000) {
    std::vector<task<std::uint64_t>> children;
    children.reserve(1000);
    for (std::uint64_t i = begin; i < begin + 1000; ++i) children.push_back(one(i));
    const std::vector<std::uint64_t> results = co_await magpie::gather(std::move(children));
    sum = std::accumulate(results.begin(), results.end(), sum);
  }
  co_return sum;
}

// Short loops: what is counted is asking for one, not the body.
task<std::uint64_t> small_loops() {
  constexpr std::size_t grain = 10;
  std::vector<std::uint64_t> values(100);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    // With a grain: without, leaves grow by the clock, and no two runs count the same.
    co_await magpie::parallel_for(std::size_t{0}, values.size(), [&](std::size_t at) { values[at] += at; }, grain);
  }
  co_return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
}

constexpr path paths[] = {
    {"await", path_loops, awaits, path_sum},
    {"gather_2", 21'891, [] { return fib(20); }, 6'765},
    {"gather_1000", path_loops, wide, path_sum},
    {"parallel_for_100", 1000, small_loops, std::uint64_t{4950} * 1000},
};

}  // namespace

std::span<const path> forking_paths() { return paths; }

}  // namespace perf
