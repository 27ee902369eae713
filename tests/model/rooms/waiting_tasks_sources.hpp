#pragma once

#include "gather_frames.hpp"
#include "waiting_tasks.hpp"

// The shipped sources, compiled against the model's atomics. For one file of a program.
#include "awaited_once.cpp"
#include "blocked_task.cpp"
#include "clock.cpp"
#include "ending.cpp"
#include "errors.cpp"
#include "scope.cpp"
#include "sync.cpp"

namespace magpie::detail {

constinit thread_local worker_context* current_worker = nullptr;
void wake_sleeper(worker_context&) noexcept {}  // nobody sleeps
std::int64_t monotonic_now() noexcept { return 0; }

}  // namespace magpie::detail
