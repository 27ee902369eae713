#pragma once

#include <magpie/gather.hpp>
#include <magpie/task.hpp>

#include "peers/bare_fork_join.hpp"
#include "peers/magpie_pool.hpp"
#include "peers/serial.hpp"
#include "peers/tbb_arena.hpp"

#include <cstdint>

/// fib, the fork-join workload with nothing in it: each call is a task. `fib_on(peer, n)` for each peer.
namespace perf {

/// How many calls fib(n) makes.
constexpr std::uint64_t fib_calls(unsigned n) {
  std::uint64_t smaller = 1;
  std::uint64_t calls = 1;
  for (unsigned i = 2; i <= n; ++i) {
    const std::uint64_t next = calls + smaller + 1;
    smaller = calls;
    calls = next;
  }
  return calls;
}

/// The empty asm keeps a compiler from turning half of the calls into a loop.
[[gnu::noinline]] inline std::uint64_t fib(unsigned n) {
  if (n < 2) return n;
  std::uint64_t a = fib(n - 1);
  asm volatile("" : "+r"(a));
  std::uint64_t b = fib(n - 2);
  asm volatile("" : "+r"(b));
  return a + b;
}
inline std::uint64_t fib_on(serial&, unsigned n) { return fib(n); }

inline magpie::task<std::uint64_t> fib_task(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib_task(n - 1), fib_task(n - 2));
  co_return a + b;
}
inline std::uint64_t fib_on(magpie_pool& pool, unsigned n) { return pool.runtime.block_on(fib_task(n)); }

/// One thread; see there.
struct bare_pool {
  static constexpr const char* name = "bare";
  explicit bare_pool(unsigned /*threads*/ = 1) {}
  bare::machine machine;
};
inline bare::task<std::uint64_t> fib_bare(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await bare::both(fib_bare(n - 1), fib_bare(n - 2));
  co_return a + b;
}
inline std::uint64_t fib_on(bare_pool&, unsigned n) { return bare::run(fib_bare(n)); }

#if PERF_HAS_TBB
inline std::uint64_t fib_tbb(unsigned n) {
  if (n < 2) return n;
  std::uint64_t a = 0;
  oneapi::tbb::task_group group;
  group.run([&a, n] { a = fib_tbb(n - 1); });
  const std::uint64_t b = fib_tbb(n - 2);
  group.wait();
  return a + b;
}
inline std::uint64_t fib_on(tbb_arena& arena, unsigned n) {
  return arena.run([n] { return fib_tbb(n); });
}
#endif

}  // namespace perf
