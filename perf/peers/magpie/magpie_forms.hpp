#pragma once

#include "peers/magpie/magpie_peer.hpp"
#include "peers/magpie/magpie_spawning.hpp"
#include "peers/magpie/magpie_times.hpp"

/// The workloads as coroutines: what is not a template is compiled apart.
namespace perf {

void solve(magpie_peer& p, fib& w);
void solve(magpie_peer& p, skynet& w);
void solve(magpie_peer& p, nqueens& w);
void solve(magpie_peer& p, uts& w);
void solve(magpie_peer& p, matmul& w);

void solve(magpie_peer& p, quicksort& w);
void solve(magpie_peer& p, mandelbrot& w);
void solve(magpie_peer& p, stencil& w);
void solve(magpie_peer& p, cholesky& w);

void solve(magpie_peer& p, wait_any& w);
void solve(magpie_peer& p, as_completed& w);
void solve(magpie_peer& p, ping_pong& w);
void solve(magpie_peer& p, yielding& w);
void solve(magpie_peer& p, stealing& w);
void solve(magpie_peer& p, idle_cpu& w);
void solve(magpie_peer& p, busy_cpu& w);
void solve(magpie_peer& p, memory_gather_limit& w);

void solve(magpie_peer& p, parallel_for_of<10'000'000>& w);
void solve(magpie_peer& p, parallel_for_of<100'000>& w);
void solve(magpie_peer& p, parallel_for_of<1000>& w);
void solve(magpie_peer& p, parallel_sort& w);
void solve(magpie_peer& p, parallel_reduce& w);
void solve(magpie_peer& p, parallel_scan& w);

void solve(magpie_peer& p, deadline_overshoot& w);

}  // namespace perf
