#include "workloads/loops.hpp"

#include <algorithm>
#include <random>

namespace perf {
namespace {

constexpr std::size_t count_of(size s) { return s == size::full ? 10'000'000 : 1'000'000; }

}  // namespace

parallel_sort::parallel_sort(size s) : input(count_of(s)), data(count_of(s)), expected(count_of(s)) {
  std::mt19937 random(2);
  for (std::int32_t& x : input) x = static_cast<std::int32_t>(random());
  std::copy(input.begin(), input.end(), expected.begin());
  std::sort(expected.begin(), expected.end());
}
void parallel_sort::prepare() { std::copy(input.begin(), input.end(), data.begin()); }
bool parallel_sort::right() const { return std::equal(data.begin(), data.end(), expected.begin()); }

parallel_reduce::parallel_reduce(size s) : data(count_of(s)) {
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint32_t>(i % 1021);
}

parallel_scan::parallel_scan(size s) : in(count_of(s)), out(count_of(s)) {
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = i % 1021;
}
bool parallel_scan::right() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    sum += in[i];
    if (out[i] != sum) return false;
  }
  return true;
}

}  // namespace perf
