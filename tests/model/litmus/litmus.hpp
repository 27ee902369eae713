#pragma once

#include <magpie/model/explore.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <sstream>
#include <string>
#include <vector>

/// Support for litmus tests. A test is a scene with a function `outcome()` that lists what its loads read and, where it
/// matters, the final values. expect_outcomes() asks for *exactly* the given set: each allowed outcome is seen, no
/// other.
namespace litmus {

using namespace magpie::model;

inline constexpr std::memory_order rlx = std::memory_order_relaxed;
inline constexpr std::memory_order acq = std::memory_order_acquire;
inline constexpr std::memory_order rel = std::memory_order_release;
inline constexpr std::memory_order ar = std::memory_order_acq_rel;
inline constexpr std::memory_order sc = std::memory_order_seq_cst;

using tuple = std::vector<int>;
using tuples = std::set<tuple>;

template <class Test>
struct observed : Test {
  void after() { seen.insert(this->outcome()); }
  static inline tuples seen;
};

inline std::string print(const tuples& set) {
  std::ostringstream out;
  for (const tuple& each : set) {
    out << " (";
    for (std::size_t i = 0; i < each.size(); ++i) out << (i == 0 ? "" : ",") << each[i];
    out << ")";
  }
  return out.str();
}

template <class Test>
tuples outcomes(const options& wanted) {
  observed<Test>::seen.clear();
  const result found = explore<observed<Test>>(wanted);
  EXPECT_TRUE(found.ok() && found.complete) << found.report();
  return observed<Test>::seen;
}

/// Runs the test with and without the reduction: both must see the same.
template <class Test>
void expect_outcomes(const tuples& allowed) {
  const tuples reduced = outcomes<Test>({.preemptions = unbounded});
  EXPECT_EQ(reduced, allowed) << "seen:" << print(reduced) << "\nallowed:" << print(allowed);
  const tuples full = outcomes<Test>({.preemptions = unbounded, .reduce = false});
  EXPECT_EQ(full, allowed) << "without reduction, seen:" << print(full);
}

/// For tests with many outcomes: only whether this one occurs.
template <class Test>
bool allows(const tuple& one) {
  return outcomes<Test>({.preemptions = unbounded}).contains(one);
}

}  // namespace litmus
