#pragma once

#include <magpie/model/explore.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

/// GoogleTest's side of a model: what a right scene and a broken one must do.
namespace magpie::model {

/// Explores the scene, and prints the figures if MAGPIE_MODEL_REPORT is set. Fails, with the table of the execution, if
/// any execution goes wrong, or if the search could not finish within the options.
template <scene Scene>
result expect_holds(const options& wanted = {}) {
  result found = explore<Scene>(wanted);
  if (std::getenv("MAGPIE_MODEL_REPORT") != nullptr) std::printf("             %s\n", found.report().c_str());
  EXPECT_TRUE(found.ok()) << found.report();
  EXPECT_TRUE(found.failed || found.complete || wanted.mode == options::strategy::random) << found.report();
  return found;
}

/// For mutants. Fails if no execution goes wrong, if it goes wrong for a reason other than `why`, or if its replay
/// string does not lead there again. Says nothing if the environment narrows the search: what fails may lie outside.
template <scene Scene>
result expect_fails(std::string_view why, const options& wanted = {}) {
  result found = explore<Scene>(wanted);
  if (std::getenv("MAGPIE_MODEL_PREEMPTIONS") != nullptr || std::getenv("MAGPIE_MODEL_SEQUENTIAL") != nullptr)
    return found;
  EXPECT_TRUE(found.failed) << "nothing was caught. " << found.report();
  if (!found.failed) return found;
  EXPECT_NE(found.why.find(why), std::string::npos) << "expected: " << why << "\n" << found.report();
  options again = wanted;
  again.replay = found.replay;
  if (!again.replay.empty()) {
    const result replayed = explore<Scene>(again);
    EXPECT_EQ(replayed.why, found.why) << replayed.report();
    EXPECT_EQ(replayed.table, found.table);
  }
  return found;
}

}  // namespace magpie::model
