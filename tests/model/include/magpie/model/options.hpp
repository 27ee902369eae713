#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace magpie::model {

inline constexpr int unbounded = -1;

/// What an exploration covers. Two environment variables narrow it, for tools that run a test program under smaller
/// bounds than it asks for: MAGPIE_MODEL_PREEMPTIONS, if less than `preemptions`, and MAGPIE_MODEL_SEQUENTIAL=1.
struct options {
  enum class strategy : std::uint8_t {
    exhaustive,  // depth first over every schedule within `preemptions` and every value a load may read
    random,      // `max_executions` seeded runs with random priorities (PCT), for scenes too large for the other
  };

  strategy mode = strategy::exhaustive;

  /// Exhaustive: how often in one execution a thread is interrupted although it could go on. Most bugs need 2 or less.
  int preemptions = 2;

  /// With preemptions = unbounded: skip schedules that only reorder independent steps (sleep sets). Never with a bound,
  /// where the one schedule kept of a class might be the one above the bound.
  bool reduce = true;

  /// Exploration stops here, and the result says so. Random mode: how many executions to run.
  std::uint64_t max_executions = 50'000'000;

  /// An execution with more steps than this is reported as a livelock.
  std::uint32_t max_steps = 2'000;

  /// How often in a row a thread may read the same outdated value of one atomic, or write before its newest one. C++
  /// only promises that a store becomes visible in a reasonable time; without a bound every spin loop has infinite
  /// executions.
  std::uint32_t stale_reads = 2;

  /// How many weak compare-exchanges may fail for no reason, and futex waits return for none; each thread, each
  /// execution.
  std::uint32_t spurious = 1;

  /// Every operation takes effect at once and is seen by all, whatever its order: interleavings only. What fails without
  /// this and holds with it needs an outdated read, and no schedule of a test on such a machine would show it.
  bool sequential = false;

  /// Random mode: the seed, and the number of forced changes of priority in an execution (d - 1 of PCT).
  std::uint64_t seed = 1;
  int priority_changes = 3;

  /// Runs just the one execution that a failure's `replay` names, and shows its table.
  std::string replay = {};
};

/// What an exploration found.
struct result {
  bool failed = false;
  std::string why;     // of the failure
  std::string table;   // the failing execution: a column a thread, a row a step
  std::string replay;  // give this to options::replay to run the failing execution again

  std::uint64_t executions = 0;
  std::uint64_t pruned =
      0;  // executions that the reduction recognised as a reordering of another, and did not branch from
  std::uint64_t steps = 0;
  bool complete = false;  // everything within the bounds of the options was explored
  double seconds = 0;

  bool ok() const noexcept { return !failed; }
  /// The failure with its table, or the figures of a success; for a person.
  std::string report() const;
};

}  // namespace magpie::model
