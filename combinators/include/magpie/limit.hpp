#pragma once

#include <magpie/base/config.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <utility>

namespace magpie {

namespace detail {
[[noreturn]] MAGPIE_EXPORT void throw_bad_limit();
}

/// How many may run at a time. Errors: std::invalid_argument for less than 1.
class limit {
 public:
  template <std::integral N>
  constexpr limit(N n)  // NOLINT(google-explicit-constructor): a number is a limit
      : value_(static_cast<std::size_t>(n)) {
    if (std::cmp_less(n, 1)) detail::throw_bad_limit();
  }
  constexpr std::size_t value() const noexcept { return value_; }

 private:
  std::size_t value_;
};

/// As many as there are.
inline constexpr limit unlimited{std::numeric_limits<std::size_t>::max()};

}  // namespace magpie
