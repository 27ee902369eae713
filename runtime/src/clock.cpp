#include <magpie/base/futex.hpp>
#include <magpie/clock.hpp>

#include <time.h>

namespace magpie {

clock::time_point clock::now() noexcept {
  if (detail::current_virtual_time != nullptr) detail::current_virtual_time->polled();
  return detail::read_clock();
}

namespace detail {

constinit thread_local virtual_time* current_virtual_time = nullptr;

clock::time_point read_clock() noexcept {
  const std::int64_t now = current_virtual_time != nullptr ? current_virtual_time->read() : monotonic_now();
  return clock::time_point(clock::duration(now));
}

std::int64_t read_coarse_clock() noexcept {
  if (current_virtual_time != nullptr) return current_virtual_time->read();
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace detail
}  // namespace magpie
