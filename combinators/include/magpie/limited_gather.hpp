#pragma once

#include <magpie/gather_outcomes.hpp>
#include <magpie/gather_range.hpp>
#include <magpie/limit.hpp>
#include <magpie/outcome.hpp>
#include <magpie/range_results.hpp>
#include <magpie/task.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace magpie {
namespace detail {

/// A range that several tasks take their next element from, and the places of the results.
template <class R, class T>
class shared_range {
 public:
  using place = std::conditional_t<std::is_void_v<T>, char, std::optional<element_t<stored_t<T>>>>;

  explicit shared_range(R range) : range_(static_cast<R&&>(range)), next_(std::ranges::begin(range_)) {}

  /// The next task and the place of its result; an empty task at the end. Whoever takes makes the task, so that few
  /// exist at a time.
  std::pair<task<T>, place*> take() {
    const std::lock_guard one_at_a_time(mutex_);
    if (next_ == std::ranges::end(range_)) return {};
    task<T> made = make();
    place* where = nullptr;
    if constexpr (!std::is_void_v<T>) where = &places_.emplace_back();
    ++next_;
    return {std::move(made), where};
  }

  std::deque<place>& places() noexcept { return places_; }
  std::size_t at_most() {
    if constexpr (std::ranges::sized_range<std::remove_reference_t<R>>) {
      return static_cast<std::size_t>(std::ranges::size(range_));
    } else {
      return std::size_t{1} << 16;  // not known: more runners than that are of no use
    }
  }

 private:
  task<T> make() {
    auto&& element = *next_;
    return element_to_task(static_cast<range_element_t<R>&&>(element));
  }

  std::mutex mutex_;  // held while the user's range makes a task, never over a suspension
  R range_;
  std::ranges::iterator_t<std::remove_reference_t<R>> next_;
  std::deque<place> places_;
};

template <class R, class T>
task<> run_from(shared_range<R, T>& source) {
  for (;;) {
    auto [next, place] = source.take();
    if (!next.valid()) co_return;
    if constexpr (std::is_void_v<T>) {
      co_await std::move(next);
    } else {
      place->emplace(co_await std::move(next));
    }
  }
}

template <class R, class T>
task<typename vector_of<T>::type> gather_limited(limit most, R range) {
  shared_range<R, T> source(static_cast<R&&>(range));
  std::vector<task<>> runners;
  for (std::size_t n = std::min(most.value(), source.at_most()); n > 0; --n) {
    runners.push_back(run_from<R, T>(source));
  }
  co_await gather(std::move(runners));
  if constexpr (!std::is_void_v<T>) {
    std::vector<element_t<T>> values;
    values.reserve(source.places().size());
    for (auto& place : source.places()) values.push_back(std::move(*place));
    co_return values;
  }
}

/// The elements of a range, each with its errors as a value.
template <class R, class T>
class outcomes_view {
 public:
  explicit outcomes_view(R range) : range_(static_cast<R&&>(range)) {}
  class iterator {
   public:
    using value_type = task<outcome<T>>;
    using difference_type = std::ptrdiff_t;
    iterator() = default;
    explicit iterator(std::ranges::iterator_t<std::remove_reference_t<R>> at) : at_(std::move(at)) {}
    task<outcome<T>> operator*() const {
      auto&& element = *at_;
      return outcome_of<T>(element_to_task(static_cast<range_element_t<R>&&>(element)));
    }
    iterator& operator++() {
      ++at_;
      return *this;
    }
    void operator++(int) { ++at_; }
    bool is_at(const std::ranges::sentinel_t<std::remove_reference_t<R>>& end) const { return at_ == end; }

   private:
    std::ranges::iterator_t<std::remove_reference_t<R>> at_;
  };
  struct sentinel {
    std::ranges::sentinel_t<std::remove_reference_t<R>> end;
    friend bool operator==(const iterator& i, const sentinel& s) { return i.is_at(s.end); }
  };
  iterator begin() { return iterator(std::ranges::begin(range_)); }
  sentinel end() { return sentinel{std::ranges::end(range_)}; }

 private:
  R range_;
};

}  // namespace detail

/// co_await gather(limit{n}, range): as gather(range), but never more than n of them are started and unfinished. What
/// the range makes lazily is made when its turn comes, so memory is for about n tasks and the results.
///
/// Stops, Errors: as gather(range). A failure ends it early: the rest is never made.
template <detail::awaitable_range R>
task<typename detail::vector_of<await_result_t<detail::range_element_t<R>>>::type> gather(limit most, R&& range) {
  return detail::gather_limited<R, await_result_t<detail::range_element_t<R>>>(most, static_cast<R&&>(range));
}

/// The same with outcomes.
template <detail::awaitable_range R>
task<std::vector<outcome<await_result_t<detail::range_element_t<R>>>>> gather_outcomes(limit most, R&& range) {
  using T = await_result_t<detail::range_element_t<R>>;
  using view = detail::outcomes_view<R, T>;
  return detail::gather_limited<view, outcome<T>>(most, view(static_cast<R&&>(range)));
}

}  // namespace magpie
