#pragma once

#include <concepts>
#include <cstddef>

namespace perf {

/// A peer whose tasks are functions on the stacks of threads. One template a workload serves all of them; what a peer
/// has beside this it offers by members that the templates ask for: submit(), loop(), ...
template <class P>
concept stack_peer = requires(P& p, void (&f)(), void (&each)(std::size_t)) {
  p.run(f);                         ///< from outside: calls f in the pool and returns when it has returned
  p.fork_join(f, f);                ///< in a task: calls both, on two threads if there are two
  p.for_each(std::size_t{}, each);  ///< in a task: calls each(0), each(1), ..., each of them a task
};

}  // namespace perf
