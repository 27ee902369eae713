// What docs/guide/choosing-a-grain.md shows.
#include <magpie/magpie.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace magpie;

namespace {

task<> halve(std::vector<float>& samples) {
  co_await parallel_for(samples, [](float& x) { x /= 2; });  // no grain: leaves are measured
}

std::uint64_t collatz_steps(std::uint64_t n) {
  std::uint64_t steps = 0;
  for (; n != 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
  return steps;
}
std::uint64_t work_of(std::span<const std::uint64_t> job) {
  std::uint64_t steps = 0;
  for (const std::uint64_t n : job) steps += collatz_steps(n);
  return steps;
}
task<> run_jobs(const std::vector<std::vector<std::uint64_t>>& jobs, std::vector<std::uint64_t>& results) {
  auto run = [&](std::size_t i) { results[i] = work_of(jobs[i]); };
  co_await parallel_for(std::size_t{0}, jobs.size(), run, 1);  // each job is long: a leaf of its own
}

// Fork and join by hand: below the cutoff a plain function, above it two tasks.
constexpr std::size_t cutoff = 4096;

long plain_sum(std::span<const int> v) {
  long sum = 0;
  for (const int x : v) sum += x;
  return sum;
}
task<long> sum(std::span<const int> v) {
  if (v.size() <= cutoff) co_return plain_sum(v);
  const std::size_t half = v.size() / 2;
  auto [left, right] = co_await gather(sum(v.first(half)), sum(v.subspan(half)));
  co_return left + right;
}

}  // namespace

int main() {
  runtime rt;
  std::vector<float> samples(100'000, 4.0f);
  rt.block_on(halve(samples));
  if (std::ranges::count(samples, 2.0f) != 100'000) return 1;

  std::vector<std::vector<std::uint64_t>> jobs(50, std::vector<std::uint64_t>(100, 27));
  std::vector<std::uint64_t> results(50);
  rt.block_on(run_jobs(jobs, results));
  if (std::ranges::count(results, 11'100u) != 50) return 2;

  const std::vector<int> ones(1'000'000, 1);
  return rt.block_on(sum(ones)) == 1'000'000 ? 0 : 3;
}
