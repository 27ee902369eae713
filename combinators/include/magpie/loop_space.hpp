#pragma once

#include <magpie/base/config.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/task.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

/// What a loop goes over: items that are counted from 0, and named by their number only here.
namespace magpie {

/// co_await parallel_for(tile{rows, cols}, fn) calls fn(row, col) for each cell of a table. Errors: usage_error for a
/// negative number, or 2^64 cells and more.
class tile {
 public:
  template <detail::whole_number R, detail::whole_number C>
  constexpr tile(R how_many_rows, C how_many_cols)
      : rows(static_cast<std::size_t>(how_many_rows)), cols(static_cast<std::size_t>(how_many_cols)) {
    if (std::cmp_less(how_many_rows, 0) || std::cmp_less(how_many_cols, 0)) detail::throw_bad_tile();
    if (cols != 0 && rows > std::size_t(-1) / cols) detail::throw_bad_tile();
  }
  std::size_t rows;
  std::size_t cols;
};

namespace detail {

/// Whether what a callable returns must be awaited.
template <class F, class... Args>
inline constexpr bool gives_awaitable = has_awaiter<std::invoke_result_t<F&, Args...>>;

/// A callable is stored with its loop, an lvalue is copied. One that cannot be copied is referred to.
template <class F>
using loop_callable =
    std::conditional_t<std::is_lvalue_reference_v<F> && !std::is_copy_constructible_v<std::remove_cvref_t<F>>,
                       std::reference_wrapper<std::remove_reference_t<F>>, std::decay_t<F>>;

/// A small callable that cannot change is copied into each leaf: then what it captures stays in registers.
template <class F, class... Args>
inline constexpr bool better_copied = std::is_trivially_copyable_v<F> && std::is_copy_constructible_v<F> &&
                                      sizeof(F) <= 64 && std::is_invocable_v<const F&, Args...>;

template <whole_number I>
struct integer_space {
  using item = I;
  I first;
  std::uint64_t size;

  std::uint64_t count() const noexcept { return size; }
  I at(std::uint64_t i) const noexcept { return static_cast<I>(static_cast<std::uint64_t>(first) + i); }
  integer_space& space() noexcept { return *this; }

  // By std::invoke, also below: an fn that takes another integer than we give is the user's choice, and no warning
  // here.
  template <class F>
  MAGPIE_INLINE void each(F& f, std::uint64_t from, std::uint64_t n) const {
    const I end = at(from + n);
    for (I i = at(from); i != end; ++i) std::invoke(f, i);
  }
};

template <class It>
struct iterator_space {
  using item = std::iter_reference_t<It>;
  It first;
  std::uint64_t size;

  std::uint64_t count() const noexcept { return size; }
  item at(std::uint64_t i) const { return first[static_cast<std::iter_difference_t<It>>(i)]; }
  iterator_space& space() noexcept { return *this; }

  template <class F>
  MAGPIE_INLINE void each(F& f, std::uint64_t from, std::uint64_t n) const {
    It i = first + static_cast<std::iter_difference_t<It>>(from);
    const It end = i + static_cast<std::iter_difference_t<It>>(n);
    for (; i != end; ++i) std::invoke(f, *i);
  }
};

/// Of a range whose items cannot be counted off: their places, noted before the loop.
template <class It>
struct noted_space {
  using item = std::iter_reference_t<It>;
  std::vector<It> places;

  std::uint64_t count() const noexcept { return places.size(); }
  item at(std::uint64_t i) const { return *places[i]; }

  template <class F>
  void each(F& f, std::uint64_t from, std::uint64_t n) const {
    for (std::uint64_t i = from; i != from + n; ++i) std::invoke(f, *places[i]);
  }
};

/// R is a reference, or the range itself. Looked at when the loop starts.
template <class R>
struct range_source {
  using iterator = std::ranges::iterator_t<std::remove_reference_t<R>>;
  R range;

  explicit range_source(R&& r) : range(static_cast<R&&>(r)) {}

  auto space() {
    if constexpr (std::random_access_iterator<iterator> && std::ranges::sized_range<R>) {
      return iterator_space<iterator>{std::ranges::begin(range), static_cast<std::uint64_t>(std::ranges::size(range))};
    } else {
      noted_space<iterator> s;
      for (auto i = std::ranges::begin(range); i != std::ranges::end(range); ++i) s.places.push_back(i);
      return s;
    }
  }
};

/// The cells of a table by blocks, so that what lies together is visited together. The loop counts the blocks.
struct tile_space {
  std::uint64_t rows, cols;
  std::uint64_t block_rows = 1, block_cols = 1, across = 0;

  tile_space(const tile& t, std::uint64_t grain) noexcept : rows(t.rows), cols(t.cols) {
    if (rows == 0 || cols == 0) return;
    const std::uint64_t cells = cols > ~std::uint64_t{0} / rows ? ~std::uint64_t{0} : rows * cols;
    const std::uint64_t most = grain != 0 ? grain : std::clamp<std::uint64_t>(cells / 256, 1, 4096);
    const std::uint64_t side = std::uint64_t{1} << (std::bit_width(most) / 2);  // about the root
    block_cols = std::min({cols, most, std::max<std::uint64_t>(16, side)});     // long rows: they vectorise
    block_rows = std::clamp<std::uint64_t>(most / block_cols, 1, rows);
    across = (cols - 1) / block_cols + 1;
  }
  std::uint64_t count() const noexcept { return across == 0 ? 0 : across * ((rows - 1) / block_rows + 1); }
  tile_space& space() noexcept { return *this; }

  struct block {
    std::size_t row, row_end, col, col_end;
  };
  block block_at(std::uint64_t i) const noexcept {
    const std::uint64_t row = i / across * block_rows;
    const std::uint64_t col = i % across * block_cols;
    return {row, row + std::min(block_rows, rows - row), col, col + std::min(block_cols, cols - col)};
  }

  template <class F>
  MAGPIE_INLINE void each(F& f, std::uint64_t from, std::uint64_t n) const {
    for (std::uint64_t i = from; i != from + n; ++i) {
      const block b = block_at(i);
      for (std::size_t row = b.row; row != b.row_end; ++row) {
        for (std::size_t col = b.col; col != b.col_end; ++col) std::invoke(f, row, col);
      }
    }
  }
};

/// The numbers from first to last, which may be of different types. Errors: usage_error if they cannot be expressed in
/// one type.
template <whole_number I, whole_number J>
constexpr auto integers(I first, J last) {
  using index = std::common_type_t<I, J>;
  if (!std::cmp_less(first, last)) return integer_space<index>{index{}, 0};
  if (!std::in_range<index>(first) || !std::in_range<index>(last)) throw_bad_index();
  return integer_space<index>{static_cast<index>(first),
                              static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first)};
}

template <std::random_access_iterator It, std::sized_sentinel_for<It> S>
constexpr auto items(It first, S last) {
  const auto n = last - first;
  return iterator_space<It>{first, n > 0 ? static_cast<std::uint64_t>(n) : 0};
}

}  // namespace detail
}  // namespace magpie
