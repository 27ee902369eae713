#pragma once

#include "workloads/facts.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace perf {

/// A plain thread hands over one small task and waits for its result, after some idleness.
template <unsigned IdleMs, caller Who>
struct round_trip {
  static workload_facts facts() {
    return {.name = (Who == caller::stays_out ? "submit_wait_" : "block_on_") + std::to_string(IdleMs) + "ms",
            .unit = "round trip",
            .full = "one small task",
            .quick = "one small task",
            .measure = measure::latency,
            .caller = Who};
  }
  explicit round_trip(size) {}

  std::uint64_t items() const { return 1; }
  void prepare() {
    ++sent;
    if (IdleMs != 0) std::this_thread::sleep_for(std::chrono::milliseconds(IdleMs));
  }
  bool right() const { return got == small_task(sent); }

  static std::uint64_t small_task(std::uint64_t i) { return i + 1; }

  std::uint64_t sent = 0;
  std::uint64_t got = 0;
};

/// The task is handed over, and runs on a thread of the pool, unless waiting for it takes part, as magpie's get() does.
template <unsigned IdleMs>
using submit_wait = round_trip<IdleMs, caller::stays_out>;
/// The task runs wherever the pool likes, on the caller's thread for instance.
template <unsigned IdleMs>
using block_on = round_trip<IdleMs, caller::takes_part>;

}  // namespace perf
