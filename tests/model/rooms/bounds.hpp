#pragma once

#include <magpie/model/options.hpp>

/// Bounds for scenes with many steps of several threads.
namespace rooms {

/// One outdated read in a row, no failures for no reason.
constexpr magpie::model::options lean(int preemptions) {
  return {.preemptions = preemptions, .stale_reads = 1, .spurious = 0};
}
/// Interleavings only, so that more of them can be afforded.
constexpr magpie::model::options interleaved(int preemptions) {
  return {.preemptions = preemptions, .spurious = 0, .sequential = true};
}

}  // namespace rooms
