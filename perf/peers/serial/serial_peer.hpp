#pragma once

#include "runners/runner.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace perf {

/// Plain calls, on this thread: what the work itself costs.
class serial_peer {
 public:
  static peer_facts facts() {
    return {.peer = "serial",
            .version = "-",
            .notes = "Plain function calls on one thread: no scheduler at all.",
            .one_thread = true};
  }
  static std::string lacks(std::string_view) { return "A plain call has no tasks, threads or clocks."; }

  explicit serial_peer(unsigned, caller) {}

  void run(auto&& f) { f(); }
  void fork_join(auto&& f, auto&& g) {
    f();
    g();
  }
  void for_each(std::size_t n, auto&& f) {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
};

inline void solve(serial_peer&, fib& w) { w.result = serial_fib(w.n); }

}  // namespace perf
