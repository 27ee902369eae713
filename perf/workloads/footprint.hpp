#pragma once

#include "support/run_queue_wait.hpp"
#include "workloads/facts.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace perf {

/// The processor time of something, beside its time on the wall.
class watched {
 public:
  double took() const { return wall_; }
  double counted() const { return processor_; }

 protected:
  template <class F>
  void watch(F f) {
    const double before = processor_seconds();
    const auto began = std::chrono::steady_clock::now();
    f();
    wall_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    processor_ = processor_seconds() - before;
  }

 private:
  double wall_ = 0;
  double processor_ = 0;
};

/// A pool that has had work once, and has none now.
struct idle_cpu : watched {
  static workload_facts facts() {
    return {.name = "idle_cpu", .unit = "pool", .full = "5 s", .quick = "0.5 s", .measure = measure::idle};
  }
  explicit idle_cpu(size s) : length(s == size::full ? 5000 : 500) {}

  std::uint64_t items() const { return 1; }
  bool right() const { return ran; }

  /// work() has the pool do something and returns when that is done.
  template <class Work>
  void run(Work work) {
    work();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it lies down
    watch([this] { std::this_thread::sleep_for(length); });
  }

  std::chrono::milliseconds length;
  bool ran = false;
};

/// One task computes, and there is nothing for the other threads.
struct busy_cpu : watched {
  static workload_facts facts() {
    return {.name = "busy_cpu",
            .unit = "pool",
            .full = "2 s",
            .quick = "0.5 s",
            .measure = measure::busy,
            .least_threads = 2};
  }
  explicit busy_cpu(size s) : length(s == size::full ? 2000 : 500) {}

  std::uint64_t items() const { return 1; }
  bool right() const { return ran; }

  /// Calls call(f) so that the pool runs f, and returns when it has run.
  template <class Call>
  void run(Call call) {
    watch([&] { call([this] { compute(); }); });
  }

  std::chrono::milliseconds length;
  bool ran = false;

 private:
  void compute() {
    const auto end = std::chrono::steady_clock::now() + length;
    while (std::chrono::steady_clock::now() < end) {
    }
    ran = true;
  }
};

/// Many small tasks, of which 64 may be under way at a time.
struct memory_gather_limit {
  static constexpr std::uint64_t tasks = 1'000'000;
  static constexpr std::uint64_t at_once = 64;

  static workload_facts facts() {
    return {.name = "memory_gather_limit_1000000",
            .unit = "task",
            .full = "10^6 tasks, 64 at a time",
            .quick = "10^6 tasks, 64 at a time",
            .measure = measure::memory};
  }
  explicit memory_gather_limit(size) {}

  std::uint64_t items() const { return tasks; }
  bool right() const { return result == tasks * (tasks - 1) / 2; }

  std::uint64_t result = 0;
};

/// One task spawns them all and only then waits for them.
template <std::uint64_t Tasks>
struct memory_spawned {
  static constexpr std::uint64_t tasks = Tasks;

  static workload_facts facts() {
    return {.name = "memory_spawned_" + std::to_string(Tasks),
            .unit = "task",
            .full = std::to_string(Tasks) + " tasks",
            .quick = Tasks > 1'000'000 ? "" : std::to_string(Tasks) + " tasks",
            .measure = measure::memory};
  }
  explicit memory_spawned(size) {}

  std::uint64_t items() const { return tasks; }
  bool right() const { return result == tasks; }

  std::uint64_t result = 0;
};

}  // namespace perf
