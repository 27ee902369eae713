#pragma once

#include "peers/lacking.hpp"
#include "runners/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>

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
  static std::string lacks(std::string_view workload) {
    return first_reason(workload,
                        {{"timer", "A plain call has no timers; one that sleeps is in timer_fire_1."},
                         {"deadline", "A plain call is not stopped from outside."},
                         {"cancel", "A plain call is not stopped from outside."},
                         {"idle_cpu", "Plain calls have no pool that could be idle."},
                         {"busy_cpu", "Plain calls have no second thread."},
                         {"", "Plain calls make no tasks, so that there is nothing to start, wake or wait for."}});
  }

  explicit serial_peer(unsigned, caller) {}

  void run(auto&& f) { f(); }
  void fork_join(auto&& f, auto&& g) {
    f();
    g();
  }
  void for_each(std::size_t n, auto&& f) {
    for (std::size_t i = 0; i < n; ++i) f(i);
  }
  void loop(std::size_t n, auto&& part) { part(0, n); }
};

inline void solve(serial_peer&, cholesky& w) {
  for (std::size_t t = 0; t < w.tasks(); ++t) w.perform(t);
}
inline void solve(serial_peer&, parallel_sort& w) { std::sort(w.data.begin(), w.data.end()); }
inline void solve(serial_peer&, parallel_reduce& w) { w.result = w.part(0, w.data.size()); }
inline void solve(serial_peer&, parallel_scan& w) { std::inclusive_scan(w.in.begin(), w.in.end(), w.out.begin()); }

/// The system's own timer, so that one sees how late it is: a thread that sleeps, and nothing else.
inline void solve(serial_peer&, timer_fire<1>& w) {
  w.due = std::chrono::steady_clock::now() + w.ahead;
  w.armed = std::chrono::steady_clock::now();
  std::this_thread::sleep_until(w.due);
  w.last = std::chrono::steady_clock::now();
  w.fired = 1;
}

inline void solve(serial_peer&, fib& w) { w.result = serial_fib(w.n); }

}  // namespace perf
