#pragma once

#include <cstdint>

namespace magpie {

/// How urgent a spawned task is, and all that runs in it. High work comes before what waits at any worker; background
/// work comes after all else. `inherit`: the level of the task that spawns, or normal.
enum class priority : std::uint8_t { inherit, high, normal, background };

}  // namespace magpie
