#include "bench/machine_facts.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <sstream>
#include <thread>

namespace bench {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// The value behind "KEY : " or "KEY=" in a file of such lines.
std::string value_in(const char* path, const std::string& key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || line.find_first_not_of(" \t", key.size()) != at) continue;
    const std::size_t begin = line.find_first_not_of(" \t\"", at + 1);
    if (begin == std::string::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\"") + 1 - begin);
  }
  return {};
}

int usable_cpus() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

bool is_virtual() {
  std::istringstream flags(value_in("/proc/cpuinfo", "flags", ':'));
  for (std::string flag; flags >> flag;) {
    if (flag == "hypervisor") return true;
  }
  return false;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine_facts() {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](const char* key, std::string value) {
    if (!value.empty()) facts.emplace_back(key, std::move(value));
  };
  add("processor", value_in("/proc/cpuinfo", "model name", ':'));
  const long present = sysconf(_SC_NPROCESSORS_ONLN);
  const int usable = usable_cpus();
  add("CPUs", usable == present ? fmt::format("{}", present) : fmt::format("{} of {} usable", usable, present));
  if (is_virtual()) add("virtual", "yes: a hypervisor may take CPUs away");
  add("frequency governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  const double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  add("memory", fmt::format("{:.1f} GiB", bytes / (1 << 30)));
  utsname system{};
  if (uname(&system) == 0) add("kernel", fmt::format("{} {}", system.sysname, system.release));
  add("system", value_in("/etc/os-release", "PRETTY_NAME", '='));
  std::istringstream load(first_line("/proc/loadavg"));
  std::string one_minute;
  if (load >> one_minute) add("load before", one_minute);
  return facts;
}

std::string time_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

double probe_line() {
  if (usable_cpus() < 2) return 0;
  using steady = std::chrono::steady_clock;
  constexpr std::uint32_t bursts = 20;
  constexpr std::uint32_t turns = 200;  // of each thread, in a burst
  const auto patience = steady::now() + std::chrono::milliseconds(30);
  struct alignas(128) {
    std::atomic<std::uint32_t> turn{0};
  } line;
  // False if the other one does not come: it has no CPU, perhaps.
  // acquire, release: nothing but the turns is shared here, but it is a line that carries data that is to be measured.
  const auto await = [&](std::uint32_t value) {
    for (std::uint32_t spins = 1; line.turn.load(std::memory_order_acquire) != value; ++spins) {
      if (spins % 4096 == 0 && steady::now() > patience) return false;
    }
    return true;
  };
  std::thread other([&] {
    for (std::uint32_t i = 0; i < bursts * turns; ++i) {
      if (!await(2 * i + 1)) return;
      line.turn.store(2 * i + 2, std::memory_order_release);
    }
  });
  double least = 0;
  std::uint32_t done = 0;
  for (bool there = true; there && done < bursts * turns;) {
    const steady::time_point began = steady::now();
    for (std::uint32_t i = 0; there && i < turns; ++i, ++done) {
      line.turn.store(2 * done + 1, std::memory_order_release);
      there = await(2 * done + 2);
    }
    const std::chrono::duration<double, std::nano> took = steady::now() - began;
    // In the first burst the other one is only starting.
    if (there && done > turns && (least == 0 || took.count() < least)) least = took.count();
  }
  other.join();
  return least / (2.0 * turns);
}

}  // namespace bench
