#pragma once

#include "support/sanitizers.hpp"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>

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

/// The rounds of a race whose outcomes are up to the machine: as many as were asked for, and on a busy machine more,
/// until each outcome was seen often; but not without end.
class race_rounds {
 public:
  explicit race_rounds(int asked) : asked_(asked) {}

  /// Whether there is another one, after these numbers of outcomes.
  bool more(std::initializer_list<int> outcomes) {
    const bool seen = std::all_of(outcomes.begin(), outcomes.end(), [this](int n) { return n > enough(); });
    if (made_ >= asked_ && (seen || made_ >= 50 * asked_)) return false;
    ++made_;
    return true;
  }
  int made() const { return made_; }
  /// More than this is often.
  int enough() const { return seen_often(asked_); }

 private:
  const int asked_;
  int made_ = 0;
};

}  // namespace magpie_test
