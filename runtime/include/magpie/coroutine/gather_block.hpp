#pragma once

#include <magpie/base/priority.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/lockfree/join_counter.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>

namespace magpie::detail {

/// How a gather's children were made ready: all at once, or each when it starts, so that what is stolen can be halved.
enum class gather_shape : std::uint8_t { several, range };

/// One gather that runs; what the fork deque holds (docs/protocols/gather_block.md). `inside` is the gather's scope.
struct gather_block : join_point {
  gather_block(std::uint32_t count, gather_shape s) noexcept : counter(count), shape(s) {}
  gather_block(const gather_block&) = delete;
  gather_block& operator=(const gather_block&) = delete;

  task_coroutine* children;  // set before the start
  join_counter<> counter;
  priority level;  // of the task that waits; set before the start
  const gather_shape shape;

 protected:
  ~gather_block() = default;
};

/// What a gather has besides, in the frame of the task that awaits it. The children's results stand beside it, in the
/// awaiter.
template <class Block>
struct gather_root : Block {
  explicit gather_root(std::uint32_t count) noexcept : Block(count) {}

  scope own;
  union {
    std::exception_ptr error;  // made by the first failure, who sets the mark `failed`
  };

 protected:
  ~gather_root() {}  // the error is taken by the one who waits: see marked_end() and gather_awaiter::rethrow()
};

struct several_block : gather_block {
  explicit several_block(std::uint32_t count) noexcept : gather_block(count, gather_shape::several) {}
};

/// A range of children whose results lie side by side. Who steals it takes the upper half of what was not started as a
/// part of its own, and leaves the lower half for others (J8): so as many steals as the logarithm of its size are
/// enough.
struct range_block : gather_block {
  explicit range_block(std::uint32_t count) noexcept : gather_block(count, gather_shape::range) {}
  range_block(range_block& whole, std::uint32_t first, std::uint32_t count) noexcept;

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

  /// The holder's: takes the next child, ready to start.
  task_coroutine take_next() noexcept;

  char* results;  // these four are set before the start
  std::size_t stride;
  std::exception_ptr* error_place;
  range_block* part_of = nullptr;  // none: in the frame of the task that awaits it
};

}  // namespace magpie::detail
