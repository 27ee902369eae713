#include <magpie/parallel.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "loops/cases.hpp"
#include "peers/magpie_pool.hpp"
#include "peers/tbb_arena.hpp"

#if PERF_HAS_TBB
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_reduce.h>
#include <oneapi/tbb/parallel_scan.h>
#include <oneapi/tbb/parallel_sort.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace perf {
namespace {

using magpie::task;

constexpr double us = 1e-6;
constexpr double ms = 1e-3;

using pool = std::shared_ptr<magpie_pool>;

/// Repeats a loop inside one task.
template <class Loop>
task<> repeated(unsigned times, Loop loop) {
  for (unsigned i = 0; i < times; ++i) co_await loop();
}

/// How the rows call magpie's algorithm: inside a task, as often as one says.
template <class Loop>
loop_case::contestant inside(const pool& p, unsigned times, Loop loop) {
  return {"magpie", [=] {
            p->runtime.block_on(repeated(times, loop));
            return true;
          }};
}

#if PERF_HAS_TBB
using tbb_pool = std::shared_ptr<tbb_arena>;
using range = oneapi::tbb::blocked_range<std::size_t>;

template <class Loop>
loop_case::contestant on_tbb(const tbb_pool& p, unsigned times, Loop loop) {
  return {"oneTBB", [=] {
            p->run([&] {
              for (unsigned i = 0; i < times; ++i) loop();
            });
            return true;
          }};
}
#endif

template <class Loop>
loop_case::contestant serially(unsigned times, const Loop& loop) {
  return {"serial", [=] {
            for (unsigned i = 0; i < times; ++i) loop();
            return true;
          }};
}

// What the items of a loop become ------------------------------------------------------------------------------------

struct scale {
  void operator()(float& x) const noexcept { x = x * 0.999f + 0.5f; }
};

[[gnu::noinline]] void scale_all(float* x, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) scale()(x[i]);
}

/// So many steps that depend on each other, about a nanosecond each.
[[gnu::noinline]] double spin(std::uint32_t steps) {
  double x = 0.5;
  for (std::uint32_t i = 0; i < steps; ++i) x = x * 0.999 + 0.001;
  return x;
}

/// Work per item from a Pareto distribution: most is next to nothing, and some items are as much as thousands.
std::vector<std::uint32_t> heavy_tailed(std::size_t n) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform(1e-9, 1.0);
  std::vector<std::uint32_t> steps(n);
  for (auto& s : steps) s = static_cast<std::uint32_t>(std::min(10.0 * std::pow(uniform(random), -1 / 1.1), 1e6));
  return steps;
}

// The rows -----------------------------------------------------------------------------------------------------------

loop_case for_floats(const pool& p, [[maybe_unused]] unsigned threads, std::size_t n, unsigned times) {
  auto v = std::make_shared<std::vector<float>>(n, 1.0f);
  float* const x = v->data();
  loop_case c{"parallel_for, " + std::to_string(n) + " floats", double(times), "us", us, {}, 1.0};
  c.contestants.push_back(inside(p, times, [v, x, n] { return magpie::parallel_for(x, x + n, scale()); }));
#if PERF_HAS_TBB
  c.contestants.push_back(on_tbb(std::make_shared<tbb_arena>(threads), times, [v, x, n] {
    oneapi::tbb::parallel_for(range(0, n), [x](const range& r) {
      for (std::size_t i = r.begin(); i != r.end(); ++i) scale()(x[i]);
    });
  }));
#endif
  c.contestants.push_back(serially(times, [v, x, n] { scale_all(x, n); }));
  return c;
}

loop_case for_small(const pool& p, bool from_outside) {
  constexpr std::size_t n = 1000;
  constexpr unsigned times = 20'000;
  auto v = std::make_shared<std::vector<float>>(n, 1.0f);
  float* const x = v->data();
  loop_case c{from_outside ? "parallel_for, 1000 floats, through block_on" : "parallel_for, 1000 floats, in a task",
              double(times),
              "us",
              us,
              {}};
  c.most = 1;
  c.beyond_second = true;
  const auto loop = [v, x] { return magpie::parallel_for(x, x + n, scale()); };
  if (from_outside) {
    c.contestants.push_back({"magpie", [=] {
                               for (unsigned i = 0; i < times; ++i) p->runtime.block_on(loop());
                               return true;
                             }});
  } else {
    c.contestants.push_back(inside(p, times, loop));
  }
  c.contestants.push_back(serially(times, [v, x] { scale_all(x, n); }));
  return c;
}

loop_case irregular(const pool& p, [[maybe_unused]] unsigned threads, std::size_t n) {
  auto steps = std::make_shared<std::vector<std::uint32_t>>(heavy_tailed(n));
  auto out = std::make_shared<std::vector<double>>(n);
  const auto item = [s = steps->data(), o = out->data(), steps, out](std::size_t i) { o[i] = spin(s[i]); };
  loop_case c{"irregular loop, " + std::to_string(n) + " items", 1, "ms", ms, {}, 1.0};
  c.contestants.push_back(inside(p, 1, [item, n] { return magpie::parallel_for(std::size_t{0}, n, item); }));
#if PERF_HAS_TBB
  c.contestants.push_back(on_tbb(std::make_shared<tbb_arena>(threads), 1, [item, n] {
    oneapi::tbb::parallel_for(range(0, n), [&item](const range& r) {
      for (std::size_t i = r.begin(); i != r.end(); ++i) item(i);
    });
  }));
#endif
  c.contestants.push_back(serially(1, [item, n] {
    for (std::size_t i = 0; i < n; ++i) item(i);
  }));
  return c;
}

template <class T>
std::vector<T> small_numbers(std::size_t n) {
  std::vector<T> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<T>(i % 7);
  return v;
}

template <class T>
loop_case reduce(const pool& p, [[maybe_unused]] unsigned threads, const char* type, std::size_t n, unsigned times) {
  auto v = std::make_shared<std::vector<T>>(small_numbers<T>(n));
  const T* const x = v->data();
  const auto square = [](T a) { return a * a; };
  loop_case c{"parallel_reduce, " + std::to_string(n) + " " + type, double(times), "us", us, {}, 1.0};
  c.contestants.push_back(
      inside(p, times, [v, x, n, square] { return magpie::parallel_reduce(x, x + n, T{}, square, std::plus<>()); }));
#if PERF_HAS_TBB
  c.contestants.push_back(on_tbb(std::make_shared<tbb_arena>(threads), times, [v, x, n, square] {
    volatile T sum = oneapi::tbb::parallel_reduce(
        range(0, n), T{},
        [x, square](const range& r, T s) {
          for (std::size_t i = r.begin(); i != r.end(); ++i) s += square(x[i]);
          return s;
        },
        std::plus<>());
    static_cast<void>(sum);
  }));
#endif
  c.contestants.push_back(serially(times, [v, x, n, square] {
    T s{};
    for (std::size_t i = 0; i < n; ++i) s += square(x[i]);
    volatile T sum = s;
    static_cast<void>(sum);
  }));
  return c;
}

enum class scans { inclusive, exclusive };

template <class T, scans Kind>
loop_case scan(const pool& p, [[maybe_unused]] unsigned threads, const char* type, std::size_t n, unsigned times) {
  auto v = std::make_shared<std::vector<T>>(small_numbers<T>(n));
  auto w = std::make_shared<std::vector<T>>(n);
  const T* const x = v->data();
  T* const y = w->data();
  const char* const name = Kind == scans::inclusive ? "parallel_inclusive_scan, " : "parallel_exclusive_scan, ";
  loop_case c{name + std::to_string(n) + " " + type, double(times), "us", us, {}, 1.0};
  c.contestants.push_back(inside(p, times, [v, w, y] {
    if constexpr (Kind == scans::inclusive) {
      return magpie::parallel_inclusive_scan(std::as_const(*v), y);
    } else {
      return magpie::parallel_exclusive_scan(std::as_const(*v), y, T{});
    }
  }));
#if PERF_HAS_TBB
  c.contestants.push_back(on_tbb(std::make_shared<tbb_arena>(threads), times, [v, w, x, y, n] {
    oneapi::tbb::parallel_scan(
        range(0, n), T{},
        [x, y](const range& r, T s, bool last) {
          for (std::size_t i = r.begin(); i != r.end(); ++i) {
            if constexpr (Kind == scans::inclusive) {
              s += x[i];
              if (last) y[i] = s;
            } else {
              if (last) y[i] = s;
              s += x[i];
            }
          }
          return s;
        },
        std::plus<>());
  }));
#endif
  c.contestants.push_back(serially(times, [v, w, y] {
    if constexpr (Kind == scans::inclusive) {
      std::inclusive_scan(v->begin(), v->end(), y);
    } else {
      std::exclusive_scan(v->begin(), v->end(), y, T{});
    }
  }));
  return c;
}

/// The copying of what is to be sorted is timed too, alike for all.
template <class T>
loop_case sort(const pool& p, [[maybe_unused]] unsigned threads, const std::string& name, std::vector<T> values) {
  auto given = std::make_shared<std::vector<T>>(std::move(values));
  auto v = std::make_shared<std::vector<T>>();
  loop_case c{"parallel_sort, " + name, 1, "ms", ms, {}, 0.9};
  const auto sorted = [v] { return std::is_sorted(v->begin(), v->end()); };
  c.contestants.push_back({"magpie", [=] {
                             *v = *given;
                             p->runtime.block_on(magpie::parallel_sort(*v));
                             return sorted();
                           }});
#if PERF_HAS_TBB
  c.contestants.push_back({"oneTBB", [=, a = std::make_shared<tbb_arena>(threads)] {
                             *v = *given;
                             a->run([&] { oneapi::tbb::parallel_sort(v->begin(), v->end()); });
                             return sorted();
                           }});
#endif
  return c;
}

std::vector<int> random_ints(std::size_t n) {
  std::mt19937 random(1);
  std::vector<int> v(n);
  for (int& x : v) x = static_cast<int>(random());
  return v;
}

std::vector<std::string> random_strings(std::size_t n) {
  std::mt19937 random(2);
  std::vector<std::string> v(n);
  for (std::string& s : v) s = "key " + std::to_string(random());
  return v;
}

}  // namespace

std::vector<loop_case> parallel_cases(unsigned threads) {
  const auto p = std::make_shared<magpie_pool>(threads);
  return {for_floats(p, threads, 10'000'000, 5),
          for_floats(p, threads, 100'000, 2000),
          for_small(p, false),
          for_small(p, true),
          irregular(p, threads, 100'000),
          reduce<float>(p, threads, "floats", 10'000'000, 5),
          reduce<int>(p, threads, "ints", 10'000'000, 5),
          reduce<float>(p, threads, "floats", 100'000, 1000),
          scan<int, scans::inclusive>(p, threads, "ints", 10'000'000, 3),
          scan<float, scans::inclusive>(p, threads, "floats", 10'000'000, 3),
          scan<int, scans::exclusive>(p, threads, "ints", 10'000'000, 3),
          scan<float, scans::inclusive>(p, threads, "floats", 100'000, 300),
          sort(p, threads, "10000000 ints", random_ints(10'000'000)),
          sort(p, threads, "1000000 strings", random_strings(1'000'000))};
}

}  // namespace perf
