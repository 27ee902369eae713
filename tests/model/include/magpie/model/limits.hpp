#pragma once

#include <cstdint>

/// Fixed sizes of the checker. Everything lives in tables that are reused from execution to execution, so that the
/// steady state allocates nothing. A scene that needs more fails with a message that names the line to raise here.
namespace magpie::model {

inline constexpr int max_threads = 5;            // of a scene
inline constexpr int main_thread = max_threads;  // constructs the scene, runs after(), destroys the scene
inline constexpr int thread_slots = max_threads + 1;

inline constexpr int max_locations = 512;   // atomics constructed in one execution
inline constexpr int max_messages = 8192;   // writes to atomics in one execution
inline constexpr int max_sc_nodes = 256;    // seq_cst operations in one execution
inline constexpr int max_candidates = 26;   // writes that one load may choose from: a letter each in a replay string
inline constexpr int heap_bytes = 1 << 20;  // tracked heap of one execution
inline constexpr int scene_bytes = 1 << 16;
inline constexpr int stack_bytes = 1 << 18;

/// A place in one location's modification order. Appended writes leave gaps, into which later steps may still insert.
using stamp = std::uint32_t;
inline constexpr stamp stamp_gap = 1u << 18;

}  // namespace magpie::model
