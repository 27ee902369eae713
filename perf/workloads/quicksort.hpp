#pragma once

#include "workloads/aligned_array.hpp"
#include "workloads/facts.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace perf {

/// The textbook's: split by a pivot, then both parts. Parts of 2,048 and fewer are sorted by std::sort.
struct quicksort {
  using numbers = std::span<std::int32_t>;

  static workload_facts facts() {
    return {
        .name = "quicksort", .kind = kind::macro, .unit = "number", .full = "10^7 numbers", .quick = "10^6 numbers"};
  }
  explicit quicksort(size s);

  std::uint64_t items() const { return data_.size(); }
  void prepare();
  bool right() const;

  numbers whole() const noexcept { return data_.all(); }
  static bool is_leaf(numbers part) noexcept { return part.size() <= 2048; }
  static void sort_leaf(numbers part);                     ///< compiled once, for all
  static std::pair<numbers, numbers> split(numbers part);  ///< likewise; neither is empty

 private:
  static void serial(numbers part);

  aligned_array<std::int32_t> input_;
  aligned_array<std::int32_t> data_;
  aligned_array<std::int32_t> expected_;
};

}  // namespace perf
