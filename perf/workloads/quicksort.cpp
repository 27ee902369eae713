#include "workloads/quicksort.hpp"

#include <algorithm>
#include <random>

namespace perf {
namespace {

constexpr std::size_t count_of(size s) { return s == size::full ? 10'000'000 : 1'000'000; }

}  // namespace

quicksort::quicksort(size s) : input_(count_of(s)), data_(count_of(s)), expected_(count_of(s)) {
  std::mt19937 random(1);
  for (std::int32_t& x : input_) x = static_cast<std::int32_t>(random());
  std::copy(input_.begin(), input_.end(), expected_.begin());
  serial(expected_.all());
}

void quicksort::prepare() { std::copy(input_.begin(), input_.end(), data_.begin()); }

bool quicksort::right() const {
  return std::is_sorted(data_.begin(), data_.end()) && std::equal(data_.begin(), data_.end(), expected_.begin());
}

void quicksort::sort_leaf(numbers part) { std::sort(part.begin(), part.end()); }

std::pair<quicksort::numbers, quicksort::numbers> quicksort::split(numbers part) {
  // The median of three goes to the front, so that the first part of Hoare's scheme is never all.
  std::int32_t* const at[3] = {&part.front(), &part[part.size() / 2], &part.back()};
  if (*at[1] < *at[0]) std::swap(*at[0], *at[1]);
  if (*at[2] < *at[1]) std::swap(*at[1], *at[2]);
  if (*at[1] < *at[0]) std::swap(*at[0], *at[1]);
  std::swap(*at[0], *at[1]);
  const std::int32_t pivot = part.front();
  std::ptrdiff_t low = -1;
  std::ptrdiff_t high = std::ssize(part);
  std::int32_t* const x = part.data();
  for (;;) {
    do ++low;
    while (x[low] < pivot);
    do --high;
    while (x[high] > pivot);
    if (low >= high) break;
    std::swap(x[low], x[high]);
  }
  const auto first = static_cast<std::size_t>(high) + 1;
  return {part.first(first), part.subspan(first)};
}

void quicksort::serial(numbers part) {
  if (is_leaf(part)) return sort_leaf(part);
  const auto [low, high] = split(part);
  serial(low);
  serial(high);
}

}  // namespace perf
