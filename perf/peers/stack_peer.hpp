#pragma once

#include <cstddef>

namespace perf {

/// A peer whose tasks are functions on the stacks of threads. One template a workload serves all of them; what a peer
/// has beside this, it offers by more members, or by a solve() of its own for a workload.
template <class P>
concept stack_peer = requires(P& p, void (&f)(), void (&each)(std::size_t)) {
  p.run(f);                         ///< from outside: calls f in the pool and returns when it has returned
  p.fork_join(f, f);                ///< in a task: calls both, on two threads if there are two
  p.for_each(std::size_t{}, each);  ///< in a task: calls each(0), each(1), ..., each of them a task
};

/// with_group(body): in a task, calls body(group), whose group.spawn(f) makes tasks, as may these; returns when all
/// have run.
template <class P>
concept spawning_peer = stack_peer<P> && requires { typename P::spawner; };

/// Only what has tasks is asked what they cost. Who cannot spawn one by one, but only many by one call (for_each), has
/// `static constexpr bool makes_tasks = true`.
template <class P>
concept tasking_peer = spawning_peer<P> || (stack_peer<P> && P::makes_tasks);

/// submit(f): from a plain thread; f runs on a thread of the pool, at some time.
template <class P>
concept takes_submissions = requires(P& p, void (&f)()) { p.submit(f); };

/// loop(n, part): from outside; calls part(from, end) for parts of 0 to n, cut as the peer likes.
template <class P>
concept looping_peer = requires(P& p, void (&part)(std::size_t, std::size_t)) { p.loop(0, part); };

}  // namespace perf
