#pragma once

#include <cstdint>
#include <string>

/// What the system says of this process.
namespace perf {

/// Resident memory, in bytes; 0 where the system does not say.
std::uint64_t resident_bytes();
/// The most that was resident since forget_peak(), or since the start where the system does not forget.
std::uint64_t peak_resident_bytes();
void forget_peak();

/// Which malloc this process has.
std::string allocator_name();

}  // namespace perf
