#include "bench/bars.hpp"

namespace bench {
namespace {

constexpr double ns = 1e-9;
constexpr double us = 1e-6;
constexpr double megabyte = 1e6;

constexpr bar all[] = {
    {"fib", 1, true, 0.27, 0.33},
    {"fib", 2, true, 0.29, 0.36},
    {"skynet", 1, true, 0.33, 0.33},
    {"skynet", 2, true, 0.33, 0.33},
    {"nqueens", 1, true, 0.60, 0.72},
    {"nqueens", 2, true, 0.60, 0.72},
    {"uts", 2, true, 0.42, 0.42},
    {"matmul", 2, true, 0.90, 0.90},
    {"gather_1000", 1, false, 11 * ns, 11 * ns},
    {"gather_1000", 2, false, 20 * ns, 20 * ns},
    {"spawn_inside", 1, false, 12 * ns, 12 * ns},
    {"spawn_inside", 2, false, 45 * ns, 45 * ns},
    {"spawn_outside_1", 1, false, 49 * ns, 49 * ns},
    {"spawn_outside_1", 2, false, 106 * ns, 106 * ns},
    {"block_on_0ms", 2, false, 1 * us, 1 * us},
    {"block_on_1ms", 2, false, 1 * us, 1 * us},
    {"block_on_20ms", 2, false, 1 * us, 1 * us},
    {"submit_wait_0ms", 2, false, 7 * us, 7 * us},
    {"submit_wait_1ms", 2, false, 8 * us, 8 * us},
    {"submit_wait_20ms", 2, false, 38 * us, 38 * us},
    {"busy_cpu", 2, false, 1.01, 1.01},
    {"idle_cpu", 2, false, 0.001, 0.001},
    {"memory_gather_limit_1000000", 2, false, 10 * megabyte, 10 * megabyte},
    {"memory_spawned_1000000", 1, false, 120 * megabyte, 120 * megabyte},
};

}  // namespace

std::span<const bar> bars() { return all; }

}  // namespace bench
