#pragma once

#include <magpie/join_handle.hpp>

#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

namespace magpie::detail {

template <class>
struct handle_value;
template <class T>
struct handle_value<join_handle<T>> {
  using type = T;
};

/// Handles that are borrowed: a contiguous range that is an lvalue, or that owns nothing, as a span. A temporary
/// container is none: it would be gone before the wait is over.
template <class R>
concept handle_range =
    std::ranges::contiguous_range<R> && std::ranges::sized_range<R> && std::ranges::borrowed_range<R> && requires {
      typename handle_value<std::ranges::range_value_t<R>>::type;
    } && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

template <handle_range R>
using handle_value_t = typename handle_value<std::ranges::range_value_t<R>>::type;

template <class R>
std::span<std::ranges::range_value_t<R>> span_of(R& handles) {
  return {std::ranges::data(handles), static_cast<std::size_t>(std::ranges::size(handles))};
}

}  // namespace magpie::detail
