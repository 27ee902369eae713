#pragma once

#include "support/submitters.hpp"
#include "workloads/facts.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace perf {

/// Plain threads hand tasks to the pool as fast as they can; the clock stops when the last task has run.
template <unsigned Senders>
struct spawn_outside {
  /// What one sender's tasks have done so far.
  struct alignas(128) progress {
    std::atomic<std::uint64_t> left{0};
    std::atomic<std::uint64_t> sum{0};

    void ran(std::uint64_t number) noexcept {
      sum.fetch_add(number, std::memory_order_relaxed);
      if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) left.notify_one();
    }
  };

  static workload_facts facts() {
    return {.name = "spawn_outside_" + std::to_string(Senders),
            .unit = "task",
            .full = "40,000 tasks",
            .quick = "8,000 tasks",
            .caller = caller::stays_out};
  }
  explicit spawn_outside(size s) : each(std::uint64_t{s == size::full ? 40'000U : 8'000U} / Senders) {}

  std::uint64_t items() const { return each * Senders; }
  bool right() const {
    std::uint64_t sum = 0;
    for (const progress& p : all_) sum += p.sum.load();
    return sum == Senders * (each * (each - 1) / 2);
  }

  /// submit(progress, i) makes a task that calls progress.ran(i).
  template <class Submit>
  void run(Submit submit) {
    for (progress& p : all_) {
      p.sum = 0;
      p.left = each;
    }
    threads_.run([&](unsigned s) {
      for (std::uint64_t i = 0; i < each; ++i) submit(all_[s], i);
    });
    for (progress& p : all_) {
      for (std::uint64_t left; (left = p.left.load(std::memory_order_acquire)) != 0;) p.left.wait(left);
    }
  }

  std::uint64_t each;

 private:
  std::vector<progress> all_{Senders};
  submitters threads_{Senders};
};

}  // namespace perf
