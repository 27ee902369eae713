#pragma once

#include "workloads/aligned_array.hpp"
#include "workloads/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace perf {

/// y[i] = 3 x[i] + 1 over so many floats.
template <std::size_t N>
struct parallel_for_of {
  static constexpr std::size_t count = N;

  static workload_facts facts() {
    const std::string text = std::to_string(N) + " floats";
    return {.name = "parallel_for_" + std::to_string(N), .unit = "item", .full = text, .quick = text};
  }
  explicit parallel_for_of(size) : x(N), y(N) {
    for (std::size_t i = 0; i < N; ++i) x[i] = static_cast<float>(i % 1000);
  }

  std::uint64_t items() const { return N; }
  bool right() const {
    for (std::size_t i = 0; i < N; ++i) {
      if (y[i] != 3 * x[i] + 1) return false;
    }
    return true;
  }

  void part(std::size_t from, std::size_t end) const noexcept {
    const float* const in = x.data();
    float* const out = y.data();
    for (std::size_t i = from; i < end; ++i) out[i] = 3 * in[i] + 1;
  }

  aligned_array<float> x;
  aligned_array<float> y;
};

/// The peer's own sort, of random numbers.
struct parallel_sort {
  static workload_facts facts() {
    return {.name = "parallel_sort_10000000", .unit = "number", .full = "10^7 numbers", .quick = "10^6 numbers"};
  }
  explicit parallel_sort(size s);

  std::uint64_t items() const { return data.size(); }
  void prepare();
  bool right() const;

  aligned_array<std::int32_t> input;
  aligned_array<std::int32_t> data;
  aligned_array<std::int32_t> expected;
};

/// The sum of the squares of many numbers.
struct parallel_reduce {
  static workload_facts facts() {
    return {.name = "parallel_reduce", .unit = "item", .full = "10^7 integers", .quick = "10^6 integers"};
  }
  explicit parallel_reduce(size s);

  std::uint64_t items() const { return data.size(); }
  bool right() const { return result == part(0, data.size()); }

  std::uint64_t part(std::size_t from, std::size_t end) const noexcept {
    const std::uint32_t* const in = data.data();
    std::uint64_t sum = 0;
    for (std::size_t i = from; i < end; ++i) sum += std::uint64_t{in[i]} * in[i];
    return sum;
  }

  aligned_array<std::uint32_t> data;
  std::uint64_t result = 0;
};

/// Running sums.
struct parallel_scan {
  static workload_facts facts() {
    return {.name = "parallel_scan", .unit = "item", .full = "10^7 integers", .quick = "10^6 integers"};
  }
  explicit parallel_scan(size s);

  std::uint64_t items() const { return in.size(); }
  bool right() const;

  aligned_array<std::uint64_t> in;
  aligned_array<std::uint64_t> out;
};

}  // namespace perf
