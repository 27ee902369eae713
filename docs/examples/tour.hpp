#pragma once

#include <magpie/magpie.hpp>
#include <magpie/testing.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <random>
#include <utility>

/// What the programs of the asyncio tour share: random lengths of time, and a main() that runs them for real, or with
/// `--virtual SEED` in virtual time.
namespace tour {

/// Seconds, uniform in [least, most).
inline std::chrono::duration<double> between(double least, double most) {
  static std::mutex one_at_a_time;
  static std::mt19937 source(1);
  const std::lock_guard hold(one_at_a_time);
  return std::chrono::duration<double>(std::uniform_real_distribution<double>(least, most)(source));
}

template <class Program>
int run(int argc, char** argv, Program program) {
  if (argc == 3 && std::strcmp(argv[1], "--virtual") == 0) {
    magpie::testing::virtual_runtime rt({.seed = std::strtoull(argv[2], nullptr, 10), .workers = 2});
    rt.block_on(program());
    return 0;
  }
  if (argc != 1) {
    std::fprintf(stderr, "usage: %s [--virtual SEED]\n", argv[0]);
    return 2;
  }
  magpie::block_on(program());
  return 0;
}

}  // namespace tour
