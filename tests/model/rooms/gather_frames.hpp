#pragma once

#include <magpie/model/engine.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <cstddef>
#include <cstdint>

/// The model's heap as where all frames come from. For one file of a program.
namespace magpie::detail {

// A cache that never holds anything asks for each frame, and gives each away.
constinit frame_cache no_frame_cache;
constinit thread_local frame_cache* thread_frames = &no_frame_cache;
constinit thread_local std::uint32_t noted_frame_class = frame_cache::no_class;
void* frame_cache::refill(std::size_t c) { return take_large(class_bytes(c)); }
void frame_cache::give_surplus(void* memory, std::size_t) noexcept { model::engine::get().release(memory); }
void* frame_cache::take_large(std::size_t bytes) { return model::engine::get().allocate(bytes, 16, "frame"); }
void frame_cache::give_large(void* memory, std::size_t) noexcept { model::engine::get().release(memory); }

}  // namespace magpie::detail
