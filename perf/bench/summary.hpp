#pragma once

#include "bench/figures.hpp"
#include "bench/runner_program.hpp"

#include <string>
#include <vector>

/// Tables for the terminal.
namespace bench {

/// The peers, and the workloads with who has them.
std::string list_text(const std::vector<runner>& all);

/// A row a workload and number of threads: the value of each peer. Then what failed.
std::string summary_text(const figure_table& table);

}  // namespace bench
