#include <magpie/services/topology.hpp>

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <sstream>

namespace magpie::detail {
namespace {

void tighten(std::optional<double>& limit, double cpus) {
  if (cpus > 0 && (!limit || cpus < *limit)) limit = cpus;
}

/// cgroup v2: "max 100000" or "150000 100000".
void read_v2(const std::string& file, std::optional<double>& limit) {
  std::ifstream in(file);
  std::string quota;
  double period = 0;
  if (!(in >> quota >> period) || quota == "max" || period <= 0) return;
  std::istringstream number(quota);
  double q = 0;
  if (number >> q) tighten(limit, q / period);
}

/// cgroup v1: the quota is -1 where there is none.
void read_v1(const std::string& directory, std::optional<double>& limit) {
  double quota = 0;
  double period = 0;
  std::ifstream(directory + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(directory + "/cpu.cfs_period_us") >> period;
  if (quota > 0 && period > 0) tighten(limit, quota / period);
}

/// A group is bound by its ancestors' quotas too: calls `use` for `path` and each of its parents, down to "".
template <class Use>
void each_ancestor(std::string path, Use use) {
  for (;;) {
    while (!path.empty() && path.back() == '/') path.pop_back();
    use(path);
    if (path.empty()) return;
    const std::size_t slash = path.rfind('/');
    path.resize(slash == std::string::npos ? 0 : slash);
  }
}

}  // namespace

unsigned affinity_cpus() noexcept {
  // The mask's size is not known beforehand: double until the kernel takes it.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* mask = CPU_ALLOC(cpus);
    if (mask == nullptr) return 1;
    const std::size_t bytes = CPU_ALLOC_SIZE(cpus);
    const bool ok = sched_getaffinity(0, bytes, mask) == 0;
    const int count = ok ? CPU_COUNT_S(bytes, mask) : 0;
    const bool too_small = !ok && errno == EINVAL;
    CPU_FREE(mask);
    if (ok) return static_cast<unsigned>(std::max(count, 1));
    if (!too_small) return 1;
  }
  return 1;
}

std::optional<double> cgroup_cpus(const std::string& root) {
  std::optional<double> limit;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // hierarchy:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      each_ancestor(path, [&](const std::string& p) { read_v2(root + "/sys/fs/cgroup" + p + "/cpu.max", limit); });
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      each_ancestor(path, [&](const std::string& p) {
        read_v1(root + "/sys/fs/cgroup/cpu" + p, limit);
        read_v1(root + "/sys/fs/cgroup/" + controllers + p, limit);
      });
    }
  }
  return limit;
}

unsigned usable_cpus() {
  const unsigned mask = affinity_cpus();
  const std::optional<double> quota = cgroup_cpus();
  if (!quota) return mask;
  return std::clamp(static_cast<unsigned>(std::ceil(std::min(*quota, 1e6))), 1u, mask);
}

}  // namespace magpie::detail
