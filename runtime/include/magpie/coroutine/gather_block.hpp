#pragma once

#include <magpie/base/priority.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/lockfree/join_counter.hpp>

#include <cstdint>
#include <exception>
#include <utility>

namespace magpie::detail {

/// One gather that runs, in the frame of the task that awaits it; what the fork deque holds
/// (docs/protocols/gather_block.md). The children's results stand beside it, in the awaiter.
struct gather_block : join_point {
  explicit gather_block(std::uint32_t count) noexcept : counter(count) {}
  gather_block(const gather_block&) = delete;
  gather_block& operator=(const gather_block&) = delete;
  ~gather_block() {}  // the error is taken by the one who waits: see marked_end() and gather_awaiter::rethrow()

  /// For the holder of the entry: destroys the children that were not started, which the block owns, up to the first
  /// that starts anyway, and gives that.
  task_coroutine drop_rest() noexcept {
    while (counter.more_to_start()) {
      const task_coroutine child = std::exchange(children[counter.start_next()], {});
      if (child.promise().starts_anyway()) return child;
      own.set_mark(scope::cancelled);
      child.destroy();
    }
    return {};
  }

  task_coroutine* children;  // set before the start
  join_counter<> counter;
  priority level;  // of the task that waits; set before the start
  scope own;
  union {
    std::exception_ptr error;  // made by the first failure, who sets the mark `failed`
  };
};

}  // namespace magpie::detail
