#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace magpie_test {

/// What the kernel says about a thread of this process.
struct thread_facts {
  std::string id;
  std::string name;
  char state = '?';  // R: runs or could, S: sleeps
  std::uint64_t voluntary_switches = 0;
  std::string allowed_cpus;
};

inline std::vector<thread_facts> threads_of_this_process() {
  std::vector<thread_facts> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    thread_facts t;
    t.id = entry.path().filename().string();
    std::ifstream status(entry.path() / "status");
    for (std::string line; std::getline(status, line);) {
      const auto value = [&](const char* key) -> std::string {
        const std::string prefix = std::string(key) + ":";
        if (line.compare(0, prefix.size(), prefix) != 0) return {};
        const std::size_t begin = line.find_first_not_of(" \t", prefix.size());
        return begin == std::string::npos ? std::string() : line.substr(begin);
      };
      if (auto name = value("Name"); !name.empty()) t.name = name;
      if (auto state = value("State"); !state.empty()) t.state = state.front();
      if (auto n = value("voluntary_ctxt_switches"); !n.empty()) t.voluntary_switches = std::stoull(n);
      if (auto cpus = value("Cpus_allowed_list"); !cpus.empty()) t.allowed_cpus = cpus;
    }
    if (!t.name.empty()) all.push_back(t);  // else it has ended meanwhile
  }
  return all;
}

inline std::size_t thread_count() { return threads_of_this_process().size(); }

/// Those whose names begin so.
inline std::vector<thread_facts> threads_named(const std::string& prefix) {
  std::vector<thread_facts> some;
  for (auto& t : threads_of_this_process()) {
    if (t.name.compare(0, prefix.size(), prefix) == 0) some.push_back(std::move(t));
  }
  return some;
}

}  // namespace magpie_test
