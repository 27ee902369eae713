#include <magpie/coroutine/blocked_thread.hpp>
#include <magpie/services/topology.hpp>

namespace magpie::detail {
namespace {

constexpr std::int64_t patience = 10'000;  // nanoseconds

}  // namespace

bool comes_soon(const wake_flag<>& flag) noexcept {
  static const bool others_run = affinity_cpus() > 1;
  if (flag.is_raised()) return true;
  if (!others_run) return false;
  for (const std::int64_t until = monotonic_now() + patience; monotonic_now() < until;) {
    for (int i = 0; i < 8; ++i) {
      if (flag.is_raised()) return true;
      atomics::pause();
    }
  }
  return flag.is_raised();
}

}  // namespace magpie::detail
