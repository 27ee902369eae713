#pragma once

/// Loops that compute, on all workers.

#include <magpie/combinable.hpp>
#include <magpie/parallel_for.hpp>
#include <magpie/parallel_reduce.hpp>
#include <magpie/parallel_scan.hpp>
#include <magpie/parallel_sort.hpp>
#include <magpie/parallel_transform.hpp>
