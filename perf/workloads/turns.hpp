#pragma once

#include "workloads/facts.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace perf {

/// Two tasks wake each other, by turns.
struct ping_pong {
  static workload_facts facts() {
    return {.name = "ping_pong", .unit = "turn", .full = "100,000 turns", .quick = "10,000 turns"};
  }
  explicit ping_pong(size s) : rounds(s == size::full ? 50'000 : 5'000) {}

  std::uint64_t items() const { return 2 * rounds; }
  bool right() const { return result == 2 * rounds; }

  std::uint64_t rounds;
  std::uint64_t result = 0;
};

/// Tasks that do nothing but let the others run.
struct yielding {
  static constexpr std::uint64_t tasks = 100;

  static workload_facts facts() {
    return {
        .name = "yield", .unit = "yield", .full = "100 tasks, 1,000 times each", .quick = "100 tasks, 100 times each"};
  }
  explicit yielding(size s) : each(s == size::full ? 1'000 : 100) {}

  std::uint64_t items() const { return tasks * each; }
  bool right() const { return result == tasks * each; }

  std::uint64_t each;
  std::uint64_t result = 0;
};

/// From a fork until both of its children run: one of them on a thread that had to take it from another.
struct stealing {
  static workload_facts facts() {
    return {.name = "steal",
            .unit = "steal",
            .full = "two children that wait for each other",
            .quick = "two children that wait for each other",
            .measure = measure::latency,
            .least_threads = 2};
  }
  explicit stealing(size) {}

  std::uint64_t items() const { return 1; }
  void prepare() { arrived_ = 0; }
  bool right() const { return arrived_ == 2; }
  double took() const { return std::chrono::duration<double>(met_ - forked_).count(); }

  /// Just before the fork.
  void forks() { forked_ = std::chrono::steady_clock::now(); }
  /// What each child does.
  void meet() {
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == 1) {
      met_ = std::chrono::steady_clock::now();
      there_.store(true, std::memory_order_release);
      return;
    }
    while (!there_.load(std::memory_order_acquire)) {
    }
    there_.store(false, std::memory_order_relaxed);  // relaxed: for the next round, which begins after a join
  }

 private:
  std::chrono::steady_clock::time_point forked_;
  std::chrono::steady_clock::time_point met_;
  std::atomic<int> arrived_{0};
  std::atomic<bool> there_{false};
};

}  // namespace perf
