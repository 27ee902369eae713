#pragma once

#include <magpie/base/config.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <ratio>

namespace magpie {

/// A steady clock. Units: nanoseconds.
struct clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<clock>;
  static constexpr bool is_steady = true;

  MAGPIE_EXPORT static time_point now() noexcept;
};

/// A time that does not come.
inline constexpr clock::time_point never = clock::time_point::max();

namespace detail {

/// `length` from now, or `never` where that cannot be expressed.
template <class Rep, class Period>
clock::time_point time_after(std::chrono::duration<Rep, Period> length) noexcept {
  using seconds = std::chrono::duration<long double>;
  const seconds wanted = length;
  if (!(wanted > seconds::zero())) return clock::now();  // also for NaN: a wait that asks for nothing returns at once
  const clock::time_point now = clock::now();
  if (wanted >= seconds(never - now)) return never;
  return now + std::chrono::duration_cast<clock::duration>(length);
}

}  // namespace detail
}  // namespace magpie
