#pragma once

#include <magpie/task.hpp>

#include <cstdint>
#include <span>
#include <string_view>

/// Hot paths that run a known number of times on one worker, to be counted.
namespace perf {

struct path {
  std::string_view name;
  std::uint64_t items;  ///< how often the path is taken
  magpie::task<std::uint64_t> (*make)();
  std::uint64_t expected;  ///< what it gives
};

inline constexpr std::uint64_t path_loops = 10'000;
inline constexpr std::uint64_t path_sum = path_loops * (path_loops - 1) / 2;

std::span<const path> forking_paths();  ///< children that their parent waits for at once
std::span<const path> task_paths();     ///< started tasks, groups, deadlines
std::span<const path> sync_paths();     ///< what tasks wait in for each other

}  // namespace perf
