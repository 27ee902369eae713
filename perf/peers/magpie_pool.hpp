#pragma once

#include <magpie/runtime.hpp>

namespace perf {

/// Magpie, with so many workers; the caller only waits.
struct magpie_pool {
  static constexpr const char* name = "magpie";
  explicit magpie_pool(unsigned threads) : runtime({.workers = threads}) {}

  magpie::runtime runtime;
};

}  // namespace perf
