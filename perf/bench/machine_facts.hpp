#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// What a reader of the figures must know of the machine, in the order in which it is told.
std::vector<std::pair<std::string, std::string>> machine_facts();

/// 2026-01-31T12:00:00Z
std::string time_now();

/// Nanoseconds for a line to go from one CPU to another, by the fastest of some bursts; 0 where there is one CPU only,
/// or two were not to be had at a time. Takes less than a millisecond on a quiet machine, and never more than some
/// tens.
double probe_line();

}  // namespace bench
