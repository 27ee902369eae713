#include "runners/readings.hpp"

#include <dlfcn.h>

#include <fstream>

namespace perf {
namespace {

std::uint64_t status_bytes(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == field && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

std::uint64_t resident_bytes() { return status_bytes("VmRSS:"); }
std::uint64_t peak_resident_bytes() { return status_bytes("VmHWM:"); }
void forget_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

std::string allocator_name() {
  using tcmalloc_version = const char* (*)(int*, int*, const char**);
  if (const auto version = reinterpret_cast<tcmalloc_version>(dlsym(RTLD_DEFAULT, "tc_version"))) {
    int major = 0;
    int minor = 0;
    const char* patch = "";
    version(&major, &minor, &patch);
    return "tcmalloc " + std::to_string(major) + "." + std::to_string(minor);
  }
  return "system";
}

}  // namespace perf
