#pragma once

#include "support/sanitizers.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <initializer_list>

namespace magpie_test {

/// How many per cent of the long run's events the tests take; MAGPIE_STRESS_SCALE=100 in the environment is the long
/// run.
inline double stress_percent() {
  const char* const given = std::getenv("MAGPIE_STRESS_SCALE");
  return given != nullptr ? std::strtod(given, nullptr) : 1;
}

/// How many racing events a race of the rules (R1, R2, ...) has: 1 % of `full` each time the tests run, all of them in
/// the long run; a tenth of that where every step is slow.
inline int racing_events(int full = 1'000'000) {
  return std::max(100, static_cast<int>(full / 100.0 * stress_percent()) / fewer_if_sanitized(1, 10));
}

/// An outcome that was hardly ever seen was not tested: of `events`, so many must have had it.
inline int seen_often(int events) { return std::max(1, events / 1000); }

/// The rounds of a race whose outcomes are up to the machine. On a busy machine there are more than were asked for,
/// until each outcome was seen often; and fewer, if each was, but a round takes as long as it takes until both threads
/// had a turn. Not without end.
class race_rounds {
 public:
  explicit race_rounds(int asked) : asked_(asked) {}

  /// Whether there is another one, after these numbers of outcomes.
  bool more(std::initializer_list<int> outcomes = {}) {
    const bool seen = std::all_of(outcomes.begin(), outcomes.end(), [this](int n) { return n > enough(); });
    const auto took = std::chrono::steady_clock::now() - began_;
    if (seen && (made_ >= asked_ || took > patience_)) return false;
    if (made_ >= 50 * asked_ || took > 20 * patience_) return false;
    ++made_;
    return true;
  }
  int made() const { return made_; }
  /// More than this is often.
  int enough() const { return seen_often(asked_); }

 private:
  const int asked_;
  int made_ = 0;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  const std::chrono::duration<double> patience_{15 * std::max(1.0, stress_percent())};
};

}  // namespace magpie_test
