#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace perf {

/// Why a peer has none of the workloads whose names begin so.
struct lack {
  std::string_view beginning;
  std::string_view why;
};

/// The first that fits. A peer that says nothing of a workload that it does not run says so, for all to see.
inline std::string first_reason(std::string_view workload, std::initializer_list<lack> all) {
  for (const lack& one : all) {
    if (workload.starts_with(one.beginning)) return std::string(one.why);
  }
  return {};
}

}  // namespace perf
