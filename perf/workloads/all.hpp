#pragma once

#include "workloads/fib.hpp"
#include "workloads/matmul.hpp"
#include "workloads/nqueens.hpp"
#include "workloads/skynet.hpp"
#include "workloads/spawning.hpp"
#include "workloads/submit_wait.hpp"
#include "workloads/uts.hpp"

namespace perf {

template <class... Workloads>
struct workload_list {};

/// Each runner offers each of these, or says why not.
using all_workloads =
    workload_list<fib, skynet, nqueens, matmul, uts,  //
                  spawn_inside, gather_of<2>, gather_of<10>, gather_of<1000>, gather_of<1'000'000>, group_spawn_join,
                  submit_wait<0>, submit_wait<1>, submit_wait<20>, block_on<0>, block_on<1>, block_on<20>>;

}  // namespace perf
