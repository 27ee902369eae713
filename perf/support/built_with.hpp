#pragma once

#include "peers/tbb_arena.hpp"

#include <string>
#include <utility>
#include <vector>

namespace perf {

inline std::string compiler() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

/// What a reader of the figures must know of the program that made them.
inline std::vector<std::pair<std::string, std::string>> built_with() {
  std::vector<std::pair<std::string, std::string>> facts{{"compiler", compiler()}, {"flags", PERF_FLAGS}};
#if PERF_HAS_TBB
  facts.emplace_back("oneTBB", TBB_VERSION_STRING);
#else
  facts.emplace_back("oneTBB", "not built in: it was not found");
#endif
  return facts;
}

}  // namespace perf
