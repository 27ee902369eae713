#pragma once

#include <magpie/child_list.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/gather_awaiter.hpp>
#include <magpie/range_results.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <utility>

namespace magpie {

/// What gather(range) returns.
template <class T>
class [[nodiscard]] gather_range : public detail::gather_awaiter<detail::range_block> {
  using base = detail::gather_awaiter<detail::range_block>;

 public:
  explicit gather_range(detail::child_list list)
      : base(static_cast<std::uint32_t>(list.size())), list_(std::move(list)) {}
  /// Before it is awaited.
  gather_range(gather_range&& other) noexcept : base(other.counter.children()), list_(std::move(other.list_)) {}
  gather_range& operator=(gather_range&&) = delete;

  /// Before it is awaited: whether one of them is started under a stop too.
  MAGPIE_COLD bool starts_anyway() const noexcept { return one_starts_anyway(list_); }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    detail::worker_context& w = *detail::current_worker;
    detail::promise_base& me = h.promise();
    detail::scope* outer = me.join->inside;
    if (list_.were_started()) [[unlikely]]
      detail::throw_used_task();
    const bool stopped = detail::stop_requested(w, outer);
    if (stopped && !starts_anyway()) [[unlikely]]
      return detail::transfer(w, detail::end_cancelled(me));
    results = results_.make(list_.size());
    stride = results_.stride;
    error_place = &error;
    children = list_.data();
    if (stopped) [[unlikely]]
      return detail::transfer(w, start_under_stop(detail::as_task_coroutine(h), outer));
    place(w, detail::as_task_coroutine(h), outer, w.quiet_epoch);
    const detail::task_coroutine first = take_next();
    return start(w, first, list_.size() > 1);
  }

  typename detail::vector_of<T>::type await_resume() {
    throw_failure();
    return results_.take();
  }

 private:
  detail::child_list list_;
  [[no_unique_address]] detail::range_results<T> results_;
};

/// As gather(a, b, ...), for a range of one type: a container that is given away, or a view. Gives a vector, nothing
/// for void. Errors: also std::length_error above 2^30 - 1 children. Cost: the vector, and one recycled allocation, or
/// two where a result cannot be written to the vector at once.
template <detail::awaitable_range R>
gather_range<await_result_t<detail::range_element_t<R>>> gather(R&& range) {
  std::size_t expected = 0;
  if constexpr (std::ranges::sized_range<R>) expected = static_cast<std::size_t>(std::ranges::size(range));
  detail::child_list children(expected);
  for (auto&& element : range) {
    children.make_room();
    children.add(detail::element_to_task(static_cast<detail::range_element_t<R>&&>(element)).take());
  }
  if (children.size() >= static_cast<std::size_t>(detail::join_counter<>::most)) detail::throw_too_many_children();
  return gather_range<await_result_t<detail::range_element_t<R>>>(std::move(children));
}

}  // namespace magpie
