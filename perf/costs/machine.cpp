#include <magpie/services/frame_allocator.hpp>

#include "costs/rows.hpp"

#include <benchmark/benchmark.h>
#include <time.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>

/// What the machine itself asks for the steps that schedulers are made of.
namespace perf {
namespace {

struct from_malloc {
  static void* take(std::size_t bytes) { return std::malloc(bytes); }
  static void give(void* memory, std::size_t) noexcept { std::free(memory); }
};
struct from_magpie {
  static void* take(std::size_t bytes) { return magpie::detail::allocate_frame(bytes); }
  static void give(void* memory, std::size_t bytes) noexcept { magpie::detail::free_frame(memory, bytes); }
};

/// A coroutine with nothing around it: made, resumed once, destroyed.
template <class Memory>
struct one_shot {
  struct promise_type {
    one_shot get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
    static void* operator new(std::size_t bytes) { return Memory::take(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept { Memory::give(memory, bytes); }
  };
  std::coroutine_handle<promise_type> coroutine;
};

template <class Memory>
[[gnu::noinline]] one_shot<Memory> count_one(int& n) {
  ++n;
  co_return;
}

template <class Memory>
void frame_row(benchmark::State& state) {
  int n = 0;
  for (auto _ : state) {
    auto c = count_one<Memory>(n).coroutine;
    benchmark::DoNotOptimize(c);
    c.resume();
    c.destroy();
  }
  check(state, static_cast<benchmark::IterationCount>(n), state.iterations());
}
BENCHMARK(frame_row<from_magpie>)->Name("machine/coroutine/magpie_frames");
BENCHMARK(frame_row<from_malloc>)->Name("machine/coroutine/malloc");

template <class Memory>
void memory_row(benchmark::State& state) {
  for (auto _ : state) {
    void* memory = Memory::take(128);
    benchmark::DoNotOptimize(memory);
    Memory::give(memory, 128);
  }
}
BENCHMARK(memory_row<from_magpie>)->Name("machine/take_and_give_128/magpie_frames");
BENCHMARK(memory_row<from_malloc>)->Name("machine/take_and_give_128/malloc");

void fetch_add_row(benchmark::State& state) {
  std::atomic<std::uint64_t> counter{0};
  for (auto _ : state) benchmark::DoNotOptimize(counter.fetch_add(1, std::memory_order_relaxed));
}
BENCHMARK(fetch_add_row)->Name("machine/fetch_add");

void compare_exchange_row(benchmark::State& state) {
  std::atomic<std::uint64_t> counter{0};
  std::uint64_t expected = 0;
  for (auto _ : state) {
    counter.compare_exchange_strong(expected, expected + 1, std::memory_order_seq_cst);
    ++expected;
  }
}
BENCHMARK(compare_exchange_row)->Name("machine/compare_exchange");

void seq_cst_store_row(benchmark::State& state) {
  std::atomic<std::uint64_t> counter{0};
  benchmark::DoNotOptimize(&counter);  // somebody else may look
  for (auto _ : state) {
    counter.store(1, std::memory_order_seq_cst);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(seq_cst_store_row)->Name("machine/seq_cst_store");

void clock_row(benchmark::State& state) {
  timespec now{};
  for (auto _ : state) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    benchmark::DoNotOptimize(now);
  }
}
BENCHMARK(clock_row)->Name("machine/clock_gettime");

}  // namespace
}  // namespace perf
