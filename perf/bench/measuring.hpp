#pragma once

#include "bench/progress_line.hpp"
#include "bench/run_file.hpp"
#include "bench/run_plan.hpp"

#include <filesystem>

namespace bench {

/// Runs a plan round by round, and writes the file after each. Ends early when Ctrl-C is pressed or the time is up;
/// what was measured until then stays.
void measure(const run_plan& plan, run_file& into, const std::filesystem::path& path, progress_line& progress);

}  // namespace bench
