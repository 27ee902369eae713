#pragma once

#include <magpie/gather_several.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/loop_space.hpp>
#include <magpie/serial_sort.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <ranges>
#include <type_traits>
#include <utility>

namespace magpie {
namespace detail {

/// Asks whether a stop was requested, from a plain function of the task whose scope it is.
struct no_stop_yet {
  scope* inside;
  bool operator()() const noexcept { return !stop_requested(*current_worker, inside); }
};

constexpr std::ptrdiff_t sort_leaf(std::uint64_t grain) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::ptrdiff_t>::max();
  return static_cast<std::ptrdiff_t>(std::clamp<std::uint64_t>(grain != 0 ? grain : 4096, few_to_sort, most));
}

template <class It, class Less>
MAGPIE_NOINLINE void cut_or_sort(sort_part<It>& part, sort_part<It>& later, Less& less, std::ptrdiff_t leaf,
                                 scope* inside) {
  later = part;
  later.first = part.last;
  if (part.size() <= leaf || part.bad_allowed == 0) {
    sort_here(part, less, no_stop_yet{inside});
    part.first = part.last;
  } else {
    cut(part, later, less, no_stop_yet{inside});
  }
}

template <class It, class Less>
task<> sort_tree(sort_part<It> part, Less& less, std::ptrdiff_t leaf) {
  scope* const inside = co_await current_scope();
  sort_part<It> later = part;
  cut_or_sort(part, later, less, leaf, inside);
  co_await checkpoint();
  if (part.size() > 1 && later.size() > 1) {
    co_await gather(sort_tree(part, less, leaf), sort_tree(later, less, leaf));
  } else if (part.size() > 1) {
    co_await sort_tree(part, less, leaf);
  } else if (later.size() > 1) {
    co_await sort_tree(later, less, leaf);
  }
}

template <class R, class Less>
task<> run_sort(R& range, Less less, std::uint64_t grain) {
  using It = std::ranges::iterator_t<R>;
  const It first = std::ranges::begin(range);
  const auto n = static_cast<std::ptrdiff_t>(std::ranges::distance(range));
  const It last = first + n;
  if (n < 2 || std::is_sorted(first, last, std::ref(less))) co_return;
  const int bad_allowed = static_cast<int>(std::bit_width(static_cast<std::size_t>(n)));  // of n's type in GCC 12
  const sort_part<It> all{first, last, true, bad_allowed};
  co_await sort_tree(all, less, sort_leaf(grain));
}

template <class It, class Less>
task<> stable_sort_tree(It first, It last, std::iter_value_t<It>* buffer, Less& less, std::ptrdiff_t leaf) {
  scope* const inside = co_await current_scope();
  const std::ptrdiff_t n = last - first;
  if (n <= leaf) {
    stable_sort_here(first, last, buffer, less, no_stop_yet{inside});
  } else {
    const It middle = first + n / 2;
    co_await gather(stable_sort_tree(first, middle, buffer, less, leaf),
                    stable_sort_tree(middle, last, buffer + n / 2, less, leaf));
    merge_here(first, middle, last, buffer, less, no_stop_yet{inside});
  }
  co_await checkpoint();
}

template <class R, class Less>
task<> run_stable_sort(R& range, Less less, std::uint64_t grain) {
  using It = std::ranges::iterator_t<R>;
  const It first = std::ranges::begin(range);
  const auto n = static_cast<std::ptrdiff_t>(std::ranges::distance(range));
  if (n < 2) co_return;
  const raw_buffer<std::iter_value_t<It>> buffer(static_cast<std::size_t>(n));
  co_await stable_sort_tree(first, first + n, buffer.at(0), less, sort_leaf(grain));
}

/// A range whose elements outlive the call.
template <class R>
concept sortable_range = std::ranges::random_access_range<R> && std::ranges::borrowed_range<R>;

template <class R, class Less>
task<> sort_view(R range, Less less, std::uint64_t grain) {
  co_await run_sort(range, std::move(less), grain);
}
template <class R, class Less>
task<> stable_sort_view(R range, Less less, std::uint64_t grain) {
  co_await run_stable_sort(range, std::move(less), grain);
}

}  // namespace detail

/// Sorts the range; equal elements may change places. Elements need only move.
///
/// Stops: soon; Errors: what less throws, or a move of an element, the first in time. After a stop, and if less threw,
/// the range holds all its elements, each of them whole, in some order; also if a move threw that left its source as it
/// was, unless the element then cannot be put back either. Cost: O(n log n) comparisons, always; no memory
/// but for frames, O(workers log n). `grain`: elements that one worker sorts alone; 0: chosen. Threads: less is called
/// on many at a time.
template <detail::sortable_range R, class Less = std::less<>, detail::whole_number G = int>
[[nodiscard]] task<> parallel_sort(R&& range, Less less = {}, G grain = 0) {
  const std::uint64_t g = detail::checked_grain(grain);
  if constexpr (std::is_lvalue_reference_v<R>) {
    return detail::run_sort(range, std::move(less), g);
  } else {
    return detail::sort_view(std::ranges::subrange(range), std::move(less), g);
  }
}

/// The same; equal elements keep their order. Errors: also std::bad_alloc. Cost: also room for n elements.
template <detail::sortable_range R, class Less = std::less<>, detail::whole_number G = int>
[[nodiscard]] task<> parallel_stable_sort(R&& range, Less less = {}, G grain = 0) {
  const std::uint64_t g = detail::checked_grain(grain);
  if constexpr (std::is_lvalue_reference_v<R>) {
    return detail::run_stable_sort(range, std::move(less), g);
  } else {
    return detail::stable_sort_view(std::ranges::subrange(range), std::move(less), g);
  }
}

}  // namespace magpie
