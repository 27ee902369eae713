#pragma once

#include <magpie/base/config.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <ratio>

namespace magpie {

/// A steady clock; inside a virtual runtime, its virtual time. Units: nanoseconds.
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

/// Time as a virtual runtime has it, for the thread on which it runs (testing/virtual_runtime.hpp).
class virtual_time {
 public:
  virtual std::int64_t read() noexcept = 0;  ///< nanoseconds
  virtual void polled() noexcept = 0;        ///< by a task itself, which may wait for time to pass

 protected:
  ~virtual_time() = default;
};
extern constinit thread_local MAGPIE_EXPORT virtual_time* current_virtual_time
    __attribute__((tls_model("initial-exec")));

/// clock::now() for magpie itself: not counted as a poll.
MAGPIE_EXPORT clock::time_point read_clock() noexcept;

/// The same to within some milliseconds, cheaply: for what people are told.
MAGPIE_EXPORT std::int64_t read_coarse_clock() noexcept;

/// `length` from `now`, or `never` where that cannot be expressed.
template <class Rep, class Period>
clock::time_point time_after(std::chrono::duration<Rep, Period> length, clock::time_point now = read_clock()) noexcept {
  using seconds = std::chrono::duration<long double>;
  const seconds wanted = length;
  if (!(wanted > seconds::zero())) return now;  // also for NaN: a wait that asks for nothing returns at once
  if (wanted >= seconds(never - now)) return never;
  return now + std::chrono::duration_cast<clock::duration>(length);
}

}  // namespace detail
}  // namespace magpie
