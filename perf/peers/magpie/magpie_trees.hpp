#pragma once

#include "peers/magpie/magpie_peer.hpp"

/// The trees of tasks, as coroutines.
namespace perf {

void solve(magpie_peer& p, fib& w);
void solve(magpie_peer& p, skynet& w);
void solve(magpie_peer& p, nqueens& w);
void solve(magpie_peer& p, uts& w);
void solve(magpie_peer& p, matmul& w);

}  // namespace perf
