#pragma once

#include "workloads/facts.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace perf {

/// A workload on a peer, ready to run as often as one likes.
struct job {
  std::uint64_t items = 0;
  std::function<void()> prepare;  ///< before each run, not timed; empty if there is nothing to do
  std::function<void()> run;
  std::function<bool()> right;      ///< whether the last run's result was the serial one
  std::function<double()> took;     ///< the last run's seconds, where the workload knows better than who calls run
  std::function<double()> counted;  ///< the last run's seconds of processor time, likewise
};

template <class Peer, class Workload>
concept can_solve = requires(Peer& peer, Workload& workload) { solve(peer, workload); };

template <class Peer, class Workload>
job make_job(unsigned threads, size s) {
  struct both {
    both(unsigned t, size z) : workload(z), peer(t, Workload::facts().caller) {}
    Workload workload;
    Peer peer;
  };
  const auto state = std::make_shared<both>(threads, s);
  job made;
  made.items = state->workload.items();
  made.run = [state] { solve(state->peer, state->workload); };
  made.right = [state] { return state->workload.right(); };
  if constexpr (requires(Workload& w) { w.prepare(); }) made.prepare = [state] { state->workload.prepare(); };
  if constexpr (requires(Workload& w) { w.took(); }) made.took = [state] { return state->workload.took(); };
  if constexpr (requires(Workload& w) { w.counted(); }) made.counted = [state] { return state->workload.counted(); };
  return made;
}

}  // namespace perf
