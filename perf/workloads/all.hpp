#pragma once

#include "workloads/cholesky.hpp"
#include "workloads/fibonacci.hpp"
#include "workloads/footprint.hpp"
#include "workloads/loops.hpp"
#include "workloads/mandelbrot.hpp"
#include "workloads/matmul.hpp"
#include "workloads/nqueens.hpp"
#include "workloads/quicksort.hpp"
#include "workloads/skynet.hpp"
#include "workloads/spawning.hpp"
#include "workloads/stencil.hpp"
#include "workloads/submit_wait.hpp"
#include "workloads/submitting.hpp"
#include "workloads/times.hpp"
#include "workloads/turns.hpp"
#include "workloads/uts.hpp"
#include "workloads/waiting.hpp"

namespace perf {

template <class... Workloads>
struct workload_list {};

/// Each runner offers each of these, or says why not.
using all_workloads =
    workload_list<fib, skynet, nqueens, matmul, uts, quicksort, mandelbrot, stencil, cholesky,              //
                  spawn_inside, spawn_outside<1>, spawn_outside<4>,                                         //
                  gather_of<2>, gather_of<10>, gather_of<1000>, gather_of<1'000'000>,                       //
                  block_on<0>, block_on<1>, block_on<20>, submit_wait<0>, submit_wait<1>, submit_wait<20>,  //
                  wait_any, as_completed, ping_pong, yielding, stealing,                                    //
                  timer_arm_disarm<1>, timer_arm_disarm<1'000'000>, timer_fire<1>, timer_fire<1'000'000>,
                  deadline_overshoot,                                                                              //
                  cancelling<1>, cancelling<1000>, cancelling<1'000'000>, group_spawn_join,                        //
                  idle_cpu, busy_cpu, memory_gather_limit, memory_spawned<1'000'000>, memory_spawned<10'000'000>,  //
                  parallel_for_of<10'000'000>, parallel_for_of<100'000>, parallel_for_of<1000>, parallel_sort,
                  parallel_reduce, parallel_scan>;

}  // namespace perf
