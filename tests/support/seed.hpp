#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace magpie_test {

/// The seed of a randomized test: another one each time, or that of the environment, to see a failure again.
inline std::uint64_t test_seed() {
  if (const char* given = std::getenv("MAGPIE_TEST_SEED")) return std::strtoull(given, nullptr, 0);
  return std::random_device{}();
}

/// Reproduce with this in the environment.
inline std::string name_of_seed(std::uint64_t seed) { return "MAGPIE_TEST_SEED=" + std::to_string(seed); }

/// Declares `seed`; each failure in the scope prints it.
#define MAGPIE_TEST_USES_SEED(seed)                      \
  const std::uint64_t seed = ::magpie_test::test_seed(); \
  SCOPED_TRACE(::magpie_test::name_of_seed(seed))

}  // namespace magpie_test
