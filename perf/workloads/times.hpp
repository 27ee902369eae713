#pragma once

#include "workloads/facts.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace perf {

/// Where a million is too many to see that it works.
constexpr std::uint64_t less(std::uint64_t count) { return count > 100'000 ? 100'000 : count; }

/// A timer is armed and disarmed before its time, while others are pending.
template <std::uint64_t Pending>
struct timer_arm_disarm {
  static workload_facts facts() {
    return {.name = "timer_arm_disarm_" + std::to_string(Pending),
            .unit = "timer",
            .full = "100,000 timers, one by one; pending at a time: " + std::to_string(Pending),
            .quick = "10,000 timers, one by one; pending at a time: " + std::to_string(less(Pending))};
  }
  explicit timer_arm_disarm(size s)
      : count(s == size::full ? 100'000 : 10'000), pending(s == size::full ? Pending : less(Pending)) {}

  std::uint64_t items() const { return count; }
  bool right() const { return result == count; }
  double took() const { return taken.count(); }

  std::uint64_t count;
  std::uint64_t pending;
  std::uint64_t result = 0;
  std::chrono::duration<double> taken{0};  ///< without arming the others
};

/// So many timers have one time: from then, or from when all were armed if that was later, until the last task that
/// waited for it has run.
template <std::uint64_t Timers>
struct timer_fire {
  static constexpr std::chrono::milliseconds ahead{Timers == 1 ? 2 : 3000};

  static workload_facts facts() {
    return {.name = "timer_fire_" + std::to_string(Timers),
            .unit = "timer",
            .full = std::to_string(Timers) + " at the same time",
            .quick = std::to_string(less(Timers)) + " at the same time"};
  }
  explicit timer_fire(size s) : timers(s == size::full ? Timers : less(Timers)) {}

  std::uint64_t items() const { return timers; }
  bool right() const { return fired == timers; }
  double took() const { return std::chrono::duration<double>(last - std::max(due, armed)).count(); }

  std::uint64_t timers;

  std::chrono::steady_clock::time_point due;
  std::chrono::steady_clock::time_point last;
  std::chrono::steady_clock::time_point armed;
  std::uint64_t fired = 0;
};

/// How late the tasks are stopped that compute on every thread and never suspend, when their deadline passes.
struct deadline_overshoot {
  static constexpr std::chrono::milliseconds length{5};

  static workload_facts facts() {
    return {.name = "deadline_overshoot",
            .unit = "deadline",
            .full = "5 ms, every thread computes",
            .quick = "5 ms, every thread computes",
            .measure = measure::latency};
  }
  explicit deadline_overshoot(size) {}

  std::uint64_t items() const { return 1; }
  bool right() const { return taken >= length; }
  double took() const { return std::chrono::duration<double>(taken - length).count(); }

  std::chrono::steady_clock::duration taken{0};
};

/// So many suspended tasks are cancelled: from the call until all have ended.
template <std::uint64_t Tasks>
struct cancelling {
  static workload_facts facts() {
    return {.name = "cancel_" + std::to_string(Tasks),
            .unit = "task",
            .full = std::to_string(Tasks) + " tasks that sleep",
            .quick = std::to_string(less(Tasks)) + " tasks that sleep"};
  }
  explicit cancelling(size s) : tasks(s == size::full ? Tasks : less(Tasks)) {}

  std::uint64_t items() const { return tasks; }
  bool right() const { return active == tasks && completed == 0; }
  double took() const { return taken.count(); }

  std::uint64_t tasks;
  std::uint64_t active = 0;     ///< when they are cancelled
  std::uint64_t completed = 0;  ///< in spite of it
  std::chrono::duration<double> taken{0};
};

}  // namespace perf
