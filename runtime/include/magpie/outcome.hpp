#pragma once

#include <magpie/base/outcome_value.hpp>
#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/task.hpp>

namespace magpie {

/// co_await as_outcome(awaitable) -> outcome<T>: how it ended, without throwing what is in it.
/// Stops: here; if it ended cancelled because the one who waits was stopped, that one ends too. Cost: no allocation
/// beside the awaitable's frame.
template <awaitable A>
detail::outcome_awaiter<await_result_t<A>> as_outcome(A&& awaited) {
  return detail::outcome_awaiter<await_result_t<A>>(detail::to_task(static_cast<A&&>(awaited)).take());
}

}  // namespace magpie
