#pragma once

#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace perf {

/// Seconds for which this process's threads were ready to run and had no CPU, and for which the host took CPUs from
/// this machine, since some point in the past. 0 where the system does not say.
inline double waited_for_cpu() {
  std::error_code none;
  double seconds = 0;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", none)) {
    std::ifstream file(thread.path() / "schedstat");
    std::uint64_t on_cpu = 0;
    std::uint64_t waiting = 0;
    if (file >> on_cpu >> waiting) seconds += static_cast<double>(waiting) * 1e-9;
  }
  std::ifstream stat("/proc/stat");
  std::string cpu;
  std::uint64_t user, nice, system, idle, io, irq, soft_irq, steal;
  if (stat >> cpu >> user >> nice >> system >> idle >> io >> irq >> soft_irq >> steal) {
    seconds += static_cast<double>(steal) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return seconds;
}

/// Seconds for which this process's threads had a CPU.
inline double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace perf
