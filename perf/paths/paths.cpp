// magpie-paths: hot paths that run a known number of times on one worker, for perf/instructions.sh to count.
//
// Under callgrind with --collect-atstart=no, what is counted is the second run of the path, on the worker's thread; the
// first one warms the free lists.

#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "peers/bare_fork_join.hpp"

#include <valgrind/callgrind.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace {

using magpie::task;

task<std::uint64_t> fib(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1), fib(n - 2));
  co_return a + b;
}

/// The floor of the first one: the bare coroutine tree.
perf::bare::task<std::uint64_t> fib_bare(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await perf::bare::both(fib_bare(n - 1), fib_bare(n - 2));
  co_return a + b;
}

task<std::uint64_t> fib_bare_here(unsigned n) {
  perf::bare::machine machine;
  co_return perf::bare::run(fib_bare(n));
}

task<std::uint64_t> one(std::uint64_t i) { co_return i; }

task<std::uint64_t> awaits(std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await one(i);
  co_return sum;
}

task<std::uint64_t> spawns(std::uint64_t count) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < count; ++i) sum += co_await runtime.spawn(one(i));
  co_return sum;
}

struct path {
  std::string_view name;
  std::uint64_t tasks;
  task<std::uint64_t> (*make)();
  std::uint64_t expected;
};

constexpr std::uint64_t loops = 10'000;
constexpr path paths[] = {
    {"fib_by_gather", 21'891, [] { return fib(20); }, 6'765},
    {"fib_bare", 21'891, [] { return fib_bare_here(20); }, 6'765},
    {"await_in_a_loop", loops, [] { return awaits(loops); }, loops*(loops - 1) / 2},
    {"spawn_and_await", loops, [] { return spawns(loops); }, loops*(loops - 1) / 2},
};

task<bool> measure(const path& p) {
  const std::uint64_t first = co_await p.make();
  CALLGRIND_TOGGLE_COLLECT;
  const std::uint64_t second = co_await p.make();
  CALLGRIND_TOGGLE_COLLECT;
  co_return first == p.expected&& second == p.expected;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--list") == 0) {
    for (const path& p : paths) {
      std::printf("%.*s %llu\n", static_cast<int>(p.name.size()), p.name.data(),
                  static_cast<unsigned long long>(p.tasks));
    }
    return 0;
  }
  for (const path& p : paths) {
    if (argc != 2 || p.name != argv[1]) continue;
    magpie::runtime runtime({.workers = 1});
    if (runtime.block_on(measure(p))) return 0;
    std::fprintf(stderr, "magpie-paths: %s gave a wrong result\n", argv[1]);
    return 1;
  }
  std::fputs("usage: magpie-paths --list | PATH\n", stderr);
  return 2;
}
