#pragma once

#include "bench/run_file.hpp"

#include <filesystem>
#include <string>

namespace bench {

/// One page that needs nothing else: no network, no script.
std::string report_page(const run_file& run);

void write_report(const run_file& run, const std::filesystem::path& page);

}  // namespace bench
