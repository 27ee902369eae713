#pragma once

#include <magpie/base/config.hpp>

#include <optional>
#include <string>

namespace magpie::detail {

/// The CPUs that this process may really use: the smaller of its affinity mask and its control group's quota, rounded
/// up; at least 1. Reads files under /proc and /sys: for the start of a runtime, not for a loop.
MAGPIE_EXPORT unsigned usable_cpus();

/// The CPUs in the affinity mask of the calling thread; 1 if it cannot be read.
MAGPIE_EXPORT unsigned affinity_cpus() noexcept;

/// The tightest CPU quota of the control groups (v2 or v1) that this process is in, in CPUs; nothing if there is none.
/// `root` stands before each path that is read, for tests.
MAGPIE_EXPORT std::optional<double> cgroup_cpus(const std::string& root = {});

}  // namespace magpie::detail
