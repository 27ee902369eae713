#include <magpie/coroutine/blocked_thread.hpp>
#include <magpie/services/topology.hpp>

namespace magpie::detail {
namespace {

// Nanoseconds: some times what a small task takes that a searching worker finds. More would hurt where the CPUs are all
// busy, for then the task starts only when this thread gives up.
constexpr std::int64_t patience = 3'000;

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
