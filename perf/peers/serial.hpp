#pragma once

namespace perf {

/// A plain function call, on this thread: what the work itself costs, and what every result is checked against.
struct serial {
  static constexpr const char* name = "serial";
  explicit serial(unsigned /*threads*/ = 1) {}
};

}  // namespace perf
