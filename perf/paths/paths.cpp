// magpie-paths: hot paths that run a known number of times on one worker, for perf/guard to count.
//
// Under callgrind with --collect-atstart=no, what is counted is the second run of the path; the first one warms the
// free lists.

#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "paths/paths.hpp"

#include <valgrind/callgrind.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

magpie::task<bool> measure(const perf::path& p) {
  const std::uint64_t first = co_await p.make();
  CALLGRIND_TOGGLE_COLLECT;
  const std::uint64_t second = co_await p.make();
  CALLGRIND_TOGGLE_COLLECT;
  co_return first == p.expected&& second == p.expected;
}

int run(const perf::path& p) {
  magpie::runtime runtime({.workers = 1});
  if (runtime.block_on(measure(p))) return 0;
  std::fprintf(stderr, "magpie-paths: %s gave a wrong result\n", std::string(p.name).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view asked = argc == 2 ? argv[1] : "";
  for (const auto paths : std::array{perf::forking_paths(), perf::task_paths(), perf::sync_paths()}) {
    for (const perf::path& p : paths) {
      if (asked == "--list")
        std::printf("%s %llu\n", std::string(p.name).c_str(), static_cast<unsigned long long>(p.items));
      if (asked == p.name) return run(p);
    }
  }
  if (asked == "--list") return 0;
  std::fputs("usage: magpie-paths --list | PATH\n", stderr);
  return 2;
}
