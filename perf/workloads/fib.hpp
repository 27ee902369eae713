#pragma once

#include "workloads/facts.hpp"

#include <cstdint>

namespace perf {

[[gnu::noinline]] inline std::uint64_t serial_fib(unsigned n) {
  return n < 2 ? n : serial_fib(n - 1) + serial_fib(n - 2);
}

/// The tree of calls that adding up Fibonacci's numbers the slow way makes: two children each, no work.
struct fib {
  static workload_facts facts() {
    return {.name = "fib", .kind = kind::macro, .unit = "call", .full = "fib(34)", .quick = "fib(27)"};
  }
  explicit fib(size s) : n(s == size::full ? 34 : 27) {}

  std::uint64_t items() const { return 2 * serial_fib(n + 1) - 1; }
  bool right() const { return result == serial_fib(n); }

  unsigned n;
  std::uint64_t result = 0;
};

}  // namespace perf
