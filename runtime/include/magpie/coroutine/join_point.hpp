#pragma once

#include <magpie/coroutine/scope.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>

namespace magpie::detail {

struct promise_base;

/// A coroutine of magpie's, whatever it returns. Its promise begins with a promise_base.
using task_coroutine = std::coroutine_handle<promise_base>;

inline task_coroutine as_task_coroutine(std::coroutine_handle<> h) noexcept {
  return task_coroutine::from_address(h.address());
}

/// Where the end of a task is noted, by the one that awaits it; `inside` is the scope that the task runs in.
struct join_point {
  task_coroutine parent;
  scope* inside = nullptr;
};

/// What a task is to its join point.
enum class role : std::uint32_t {
  plain,         ///< co_await: a plain_join
  member,        ///< a child of a gather, not the last one: a several_block
  held,          ///< a child of a gather whose entry was not handed on, for want of memory: its end holds it
  last,          ///< the last child of a gather: a several_block
  range_member,  ///< as member: a range_block
  range_last,    ///< as last: a range_block
  boundary,      ///< where a cancellation ends: a boundary_join
};

/// The part of a promise that does not depend on the task's result, and all that there is of it: results and errors
/// live with the one who waits for them.
struct promise_base {
  join_point* join;
  void* result;
  role kind;
  std::uint32_t frame_class;  // where the frame goes when its end needs no destroy(), or a mark; see promise.hpp

  /// It has something to clean up, a task of its own for example: it is started also if it should stop by then.
  bool starts_anyway() const noexcept { return frame_class == frame_cache::marks; }
  void start_anyway() noexcept { frame_class = frame_cache::marks; }
};

/// co_await of a task.
struct plain_join : join_point {
  std::exception_ptr error;
};

enum class ending : std::uint8_t { value, error, cancelled };

/// What the end of a task leads to. Resume somebody, perhaps nobody (then `resume` is the no-op); or, if `cancel` is
/// set, end this task as cancelled too. A verdict is acted upon by one loop, settle(), so that an end never calls the
/// next end.
struct verdict {
  std::coroutine_handle<> resume;
  promise_base* cancel = nullptr;
};

/// The end of a task whose cancellation is a result like others: it was spawned, or is the child of a combinator.
struct boundary_join : join_point {
  using function = verdict (*)(boundary_join*) noexcept;

  explicit boundary_join(function f) noexcept : ended(f) {}

  std::exception_ptr error;
  ending end = ending::value;
  /// The task has ended, its frame is gone. Called once, on the worker where that happened; the join may be gone
  /// afterwards.
  function ended;
};

}  // namespace magpie::detail
