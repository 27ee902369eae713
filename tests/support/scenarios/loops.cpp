#include <magpie/combinable.hpp>
#include <magpie/parallel.hpp>

#include "support/scenarios/scenarios.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <numeric>
#include <utility>

namespace magpie_test {
namespace {

using magpie::runtime;
using magpie::task;

std::vector<int> shuffled(int n) {
  std::vector<int> v(static_cast<std::size_t>(n));
  std::iota(v.begin(), v.end(), 0);
  std::uint32_t dice = 12345;
  for (std::size_t i = v.size(); i > 1; --i) std::swap(v[i - 1], v[(dice = dice * 1664525 + 1013904223) % i]);
  return v;
}

void for_each_index(runtime& rt, int size) {
  std::atomic<long> sum{0};
  rt.block_on(magpie::parallel_for(0, 10 * size, [&](int i) { sum.fetch_add(i); }, 7));
  require(sum.load() == 10L * size * (10L * size - 1) / 2, "parallel_for");
}

void awaited_bodies(runtime& rt, int size) {
  std::atomic<int> ran{0};
  auto body = [&](int) -> task<> {
    co_await magpie::yield();
    ran.fetch_add(1);
  };
  rt.block_on(magpie::parallel_for(0, size, body, 2));
  require(ran.load() == size, "parallel_for with tasks");
}

void failing(runtime& rt, int size) {
  try {
    rt.block_on(magpie::parallel_for(
        0, 10 * size,
        [&](int i) {
          if (i == 5 * size) throw planned_error();
        },
        4));
    require(false, "a body that fails");
  } catch (const planned_error&) {
  }
}

void tiles(runtime& rt, int size) {
  std::atomic<int> ran{0};
  rt.block_on(magpie::parallel_for(magpie::tile{size, 5}, [&](auto, auto) { ran.fetch_add(1); }));
  require(ran.load() == 5 * size, "parallel_for over a table");
}

void reduce(runtime& rt, int size) {
  const std::string letters = rt.block_on(magpie::parallel_reduce(
      0, size, std::string("<"), [](int i) { return std::string(1, static_cast<char>('a' + i % 26)); }, std::plus<>(),
      3));
  std::string right = "<";
  for (int i = 0; i < size; ++i) right += static_cast<char>('a' + i % 26);
  require(letters == right, "parallel_reduce");
}

void sort(runtime& rt, int size) {
  auto v = shuffled(50 * size);
  rt.block_on(magpie::parallel_sort(v, std::less<>(), 16));
  require(std::is_sorted(v.begin(), v.end()), "parallel_sort");
}

void stable_sort(runtime& rt, int size) {
  std::vector<std::pair<int, int>> v;
  for (int i = 0; i < 50 * size; ++i) v.emplace_back(i % 7, i);
  rt.block_on(magpie::parallel_stable_sort(v, [](const auto& a, const auto& b) { return a.first < b.first; }, 16));
  require(std::is_sorted(v.begin(), v.end()), "parallel_stable_sort");
}

void transform(runtime& rt, int size) {
  const auto in = shuffled(10 * size);
  std::vector<long> out(in.size());
  rt.block_on(magpie::parallel_transform(in, out.begin(), [](int i) { return 2L * i; }, 5));
  for (std::size_t i = 0; i < in.size(); ++i) require(out[i] == 2L * in[i], "parallel_transform");
}

void scan(runtime& rt, int size) {
  const std::vector<int> in(static_cast<std::size_t>(10 * size), 1);
  std::vector<int> out(in.size());
  rt.block_on(magpie::parallel_inclusive_scan(in, out.begin(), {}, 5));
  for (std::size_t i = 0; i < in.size(); ++i) require(out[i] == static_cast<int>(i) + 1, "parallel_inclusive_scan");
  rt.block_on(magpie::parallel_exclusive_scan(in, out.begin(), 0, {}, 5));
  for (std::size_t i = 0; i < in.size(); ++i) require(out[i] == static_cast<int>(i), "parallel_exclusive_scan");
}

void combine(runtime& rt, int size) {
  magpie::combinable<std::vector<int>> parts;
  rt.block_on(magpie::parallel_for(0, size, [&](int i) { parts.local().push_back(i); }, 3));
  auto all = parts.combine([](std::vector<int> a, const std::vector<int>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  });
  std::sort(all.begin(), all.end());
  require(static_cast<int>(all.size()) == size && all.back() == size - 1, "combinable");
}

constexpr scenario list[] = {
    {"parallel_for", for_each_index},
    {"parallel_for_tasks", awaited_bodies},
    {"parallel_for_failing", failing},
    {"parallel_for_tiles", tiles},
    {"parallel_reduce", reduce},
    {"parallel_sort", sort},
    {"parallel_stable_sort", stable_sort},
    {"parallel_transform", transform},
    {"parallel_scan", scan},
    {"combinable", combine},
};

}  // namespace

std::span<const scenario> loop_scenarios() { return list; }

}  // namespace magpie_test
