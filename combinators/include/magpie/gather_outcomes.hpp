#pragma once

#include <magpie/gather_range.hpp>
#include <magpie/gather_several.hpp>
#include <magpie/outcome.hpp>
#include <magpie/task.hpp>

#include <ranges>
#include <utility>
#include <vector>

namespace magpie {
namespace detail {

template <class T>
task<outcome<T>> await_as_outcome(task<T> t) {
  co_return co_await as_outcome(std::move(t));
}
template <class T>
task<outcome<T>> outcome_of(task<T> t) {
  const bool anyway = t.starts_anyway();
  return started_like(anyway, await_as_outcome(std::move(t)));
}

}  // namespace detail

/// As gather(), but waits for all of them whatever happens: each result, error or cancellation stands in its own place.
/// Stops: here; then all of them, and it ends cancelled. Errors: std::bad_alloc at the call. Cost: one frame more for
/// each.
template <class... A>
  requires detail::gatherable<A...>
gather_of<outcome<await_result_t<A>>...> gather_outcomes(A&&... awaited) {
  return gather_of<outcome<await_result_t<A>>...>(
      detail::outcome_of<await_result_t<A>>(detail::to_child(static_cast<A&&>(awaited)))...);
}

/// The same for a range of one type. Gives a vector of outcomes, for void too.
template <detail::awaitable_range R>
gather_range<outcome<await_result_t<detail::range_element_t<R>>>> gather_outcomes(R&& range) {
  using T = await_result_t<detail::range_element_t<R>>;
  std::vector<task<outcome<T>>> tasks;
  if constexpr (std::ranges::sized_range<R>) tasks.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& element : range) {
    tasks.push_back(detail::outcome_of<T>(detail::element_to_task(static_cast<detail::range_element_t<R>&&>(element))));
  }
  return gather(std::move(tasks));
}

}  // namespace magpie
