#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

namespace perf {

/// Nanoseconds for a line to go from one CPU to another: two threads wait for each other's stores. On virtual machines
/// that is bimodal, so whoever compares two-thread samples looks at this beside them.
inline double line_transfer_ns(std::uint32_t rounds = 20'000) {
  alignas(128) std::atomic<std::uint32_t> turn{0};
  std::thread other([&] {
    for (std::uint32_t i = 0; i < rounds; ++i) {
      while (turn.load(std::memory_order_acquire) != 2 * i + 1) {
      }
      turn.store(2 * i + 2, std::memory_order_release);
    }
  });
  turn.store(1, std::memory_order_release);
  while (turn.load(std::memory_order_acquire) != 2) {
  }  // the other one runs
  const auto began = std::chrono::steady_clock::now();
  for (std::uint32_t i = 1; i < rounds; ++i) {
    turn.store(2 * i + 1, std::memory_order_release);
    while (turn.load(std::memory_order_acquire) != 2 * i + 2) {
    }
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  other.join();
  return took.count() / (2.0 * (rounds - 1));
}

}  // namespace perf
