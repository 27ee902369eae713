#pragma once

#include "support/sanitizers.hpp"

#include <algorithm>
#include <cstdlib>

namespace magpie_test {

/// How many racing events a race of the rules (R1, R2, ...) has: 1 % of `full` each time the tests run, all of them in
/// the long run, with MAGPIE_STRESS_SCALE=100 in the environment; a tenth of that where every step is slow.
inline int racing_events(int full = 1'000'000) {
  const char* const given = std::getenv("MAGPIE_STRESS_SCALE");
  const double percent = given != nullptr ? std::strtod(given, nullptr) : 1;
  return std::max(100, static_cast<int>(full / 100.0 * percent) / fewer_if_sanitized(1, 10));
}

/// An outcome that was hardly ever seen was not tested: of `events`, so many must have had it.
inline int seen_often(int events) { return std::max(1, events / 1000); }

}  // namespace magpie_test
