#include <magpie/cancellation.hpp>
#include <magpie/errors.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/timeout.hpp>

#include "costs/rows.hpp"
#include "peers/magpie_pool.hpp"
#include "support/paired.hpp"

#include <benchmark/benchmark.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// How much too late: a sleeping task, and a thread whose futex times out, in turn; and the stop of tasks that compute
/// on every worker and never suspend.
namespace perf {
namespace {

using magpie::task;
using microseconds = std::chrono::duration<double, std::micro>;

void futex_sleep(std::chrono::nanoseconds length) {
  const timespec relative{0, static_cast<long>(length.count())};
  std::uint32_t word = 0;
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &relative, nullptr, 0);
}

void note(benchmark::State& state, const char* name, const std::vector<double>& late) {
  const spread s = spread_of(late);
  state.counters[std::string(name) + "_median_us"] = s.median;
  state.counters[std::string(name) + "_q3_us"] = s.high;
}

void sleep_row(benchmark::State& state) {
  static constexpr auto length = std::chrono::milliseconds(2);
  magpie_pool pool(static_cast<unsigned>(state.range(0)));
  std::vector<double> ours;
  std::vector<double> bare;
  for (auto _ : state) {
    const double late = pool.runtime.block_on([]() -> task<double> {
      co_await magpie::sleep_for(length);  // idle from here on
      const auto began = std::chrono::steady_clock::now();
      co_await magpie::sleep_for(length);
      co_return microseconds(std::chrono::steady_clock::now() - began - length).count();
    }());
    ours.push_back(late);
    const auto began = std::chrono::steady_clock::now();
    futex_sleep(length);
    bare.push_back(microseconds(std::chrono::steady_clock::now() - began - length).count());
  }
  note(state, "magpie", ours);
  note(state, "futex", bare);
}
BENCHMARK(sleep_row)->Name("late/sleep_for")->ArgName("threads")->Arg(1)->Arg(2)->Iterations(300);

task<> computes_until_stopped() {
  const magpie::stop_token token = co_await magpie::get_stop_token();
  while (!token.stop_requested()) benchmark::ClobberMemory();
}

void deadline_row(benchmark::State& state) {
  constexpr auto length = std::chrono::milliseconds(5);
  const auto threads = static_cast<unsigned>(state.range(0));
  magpie_pool pool(threads);
  std::vector<double> late;
  for (auto _ : state) {
    std::vector<task<>> each;
    for (unsigned i = 0; i < threads; ++i) each.push_back(computes_until_stopped());
    const auto began = std::chrono::steady_clock::now();
    try {
      pool.runtime.block_on(magpie::with_timeout(length, magpie::gather(std::move(each))));
    } catch (const magpie::timed_out&) {
      // Nothing is lost: this is how it ends.
    }
    late.push_back(microseconds(std::chrono::steady_clock::now() - began - length).count());
  }
  note(state, "magpie", late);
  state.counters["worst_us"] = late.empty() ? 0 : *std::max_element(late.begin(), late.end());
}
BENCHMARK(deadline_row)->Name("late/deadline_of_busy_workers")->ArgName("threads")->Arg(1)->Arg(2)->Iterations(300);

}  // namespace
}  // namespace perf
