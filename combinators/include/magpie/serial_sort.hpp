#pragma once

#include <magpie/base/config.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

/// The parts of sorting that run on one worker. Unlike the standard library's they lose nothing if the comparison
/// throws: whenever it is called, every value stands in the range, or in a guard that puts it back. Nor if a move
/// throws that leaves its source as it was: a guard tries twice, and only then gives its value up.
namespace magpie::detail {

/// How many exceptions were on their way when a guard was made: a destructor may throw if there are no more.
class thrown_so_far {
 public:
  friend bool operator==(int now, thrown_so_far then) noexcept { return now == then.count_; }

 private:
  int count_ = std::uncaught_exceptions();
};

/// Whether a value can be put back without fail, and lifted.
template <class It>
inline constexpr bool moves_for_sure = std::is_nothrow_move_assignable_v<std::iter_value_t<It>>;
template <class It>
inline constexpr bool lifts_for_sure = std::is_nothrow_move_constructible_v<std::iter_value_t<It>>;

/// Holds a value while its place is empty.
template <class It>
class lifted {
 public:
  explicit lifted(It place) : value_(std::move(*place)), hole_(place) {}
  lifted(const lifted&) = delete;
  lifted& operator=(const lifted&) = delete;
  ~lifted() noexcept(moves_for_sure<It>) {
    if constexpr (moves_for_sure<It>) {
      *hole_ = std::move(value_);
    } else {
      try {
        *hole_ = std::move(value_);
      } catch (...) {
        try_again();
        if (std::uncaught_exceptions() == under_way_) throw;  // else the first one is on its way
      }
    }
  }

  const std::iter_value_t<It>& value() const noexcept { return value_; }
  /// Fills the hole from `place`, where it is now.
  void move_to(It place) {
    *hole_ = std::move(*place);
    hole_ = place;
  }

 private:
  void try_again() noexcept {
    try {
      *hole_ = std::move(value_);
    } catch (...) {  // it is lost, and what has thrown before is on its way
    }
  }

  std::iter_value_t<It> value_;
  It hole_;
  [[no_unique_address]] std::conditional_t<moves_for_sure<It>, std::monostate, thrown_so_far> under_way_;
};

/// Exchanges two values. std::swap() would lose one if a move throws.
template <class It>
void swap_places(It a, It b) {
  if constexpr (moves_for_sure<It> && lifts_for_sure<It>) {
    std::iter_swap(a, b);
  } else if (a != b) {
    lifted<It> one(a);
    one.move_to(b);
  }
}

template <class It, class Less>
void insertion_sort(It first, It last, Less& less) {
  if (first == last) return;
  for (It i = first + 1; i != last; ++i) {
    if (!std::invoke(less, *i, *(i - 1))) continue;
    lifted<It> up(i);
    It hole = i;
    do {
      up.move_to(hole - 1);
      --hole;
    } while (hole != first && std::invoke(less, up.value(), *(hole - 1)));
  }
}

template <class It, class Less>
void heap_sort(It first, It last, Less& less) {
  const auto sink = [&](std::ptrdiff_t at, std::ptrdiff_t n) {
    for (std::ptrdiff_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && std::invoke(less, first[child], first[child + 1])) ++child;
      if (!std::invoke(less, first[at], first[child])) return;
      swap_places(first + at, first + child);
      at = child;
    }
  };
  const std::ptrdiff_t n = last - first;
  for (std::ptrdiff_t i = n / 2; i-- > 0;) sink(i, n);
  for (std::ptrdiff_t i = n; i-- > 1;) {
    swap_places(first, first + i);
    sink(0, i);
  }
}

inline constexpr std::ptrdiff_t few_to_sort = 24;

/// Puts a value near the median of all at `first`.
template <class It, class Less>
void choose_pivot(It first, It last, Less& less) {
  const std::ptrdiff_t n = last - first;
  const std::ptrdiff_t sample = n >= 65536 ? 63 : n >= 2048 ? 15 : n >= 128 ? 5 : 3;
  const std::ptrdiff_t apart = n / sample;
  for (std::ptrdiff_t i = 1; i < sample; ++i) swap_places(first + i, first + i * apart);
  insertion_sort(first, first + sample, less);
  swap_places(first, first + sample / 2);
}

/// Elements that stand on the wrong side, noted by their distance from where a block begins, so that the loop that
/// compares has no branch to mispredict.
struct misplaced {
  static constexpr std::ptrdiff_t block = 64;
  std::array<unsigned char, block> at;
  std::ptrdiff_t begin = 0;
  std::ptrdiff_t count = 0;
};

/// Exchanges `n` noted elements of two blocks, the right one counted from its end.
template <class It>
void exchange(It left, misplaced& l, It right, misplaced& r, std::ptrdiff_t n) {
  if (n > 0) {
    const auto from_left = [&](std::ptrdiff_t i) { return left + l.at[static_cast<std::size_t>(l.begin + i)]; };
    const auto from_right = [&](std::ptrdiff_t i) { return right - 1 - r.at[static_cast<std::size_t>(r.begin + i)]; };
    lifted<It> one(from_left(0));
    one.move_to(from_right(0));
    for (std::ptrdiff_t i = 1; i < n; ++i) {
      one.move_to(from_left(i));
      one.move_to(from_right(i));
    }
  }
  l.begin += n;
  l.count -= n;
  r.begin += n;
  r.count -= n;
}

/// Moves what goes_left(element) to the front; gives the boundary. `go_on()` is asked now and then; false ends it
/// early, with nothing lost.
///
/// Source: Edelkamp and Weiss, "BlockQuicksort: How branch mispredictions don't affect quicksort", ESA 2016.
template <class It, class GoesLeft, class GoOn>
It block_partition(It left, It right, GoesLeft goes_left, GoOn go_on) {
  constexpr std::ptrdiff_t block = misplaced::block;
  misplaced l, r;
  const auto scan_left = [&](std::ptrdiff_t n) {
    l.begin = 0;
    std::ptrdiff_t count = 0;
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      l.at[static_cast<std::size_t>(count)] = static_cast<unsigned char>(i);
      count += !goes_left(left[i]);
    }
    l.count = count;
  };
  const auto scan_right = [&](std::ptrdiff_t n) {
    r.begin = 0;
    std::ptrdiff_t count = 0;
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      r.at[static_cast<std::size_t>(count)] = static_cast<unsigned char>(i);
      count += goes_left(*(right - 1 - i));
    }
    r.count = count;
  };
  while (right - left > 2 * block) {
    if (l.count == 0) scan_left(block);
    if (r.count == 0) scan_right(block);
    exchange(left, l, right, r, std::min(l.count, r.count));
    if (l.count == 0) left += block;
    if (r.count == 0) {
      right -= block;
      if (!go_on()) return left;
    }
  }
  // What is left over: at most one block on each side.
  const std::ptrdiff_t unknown = right - left - (l.count != 0 || r.count != 0 ? block : 0);
  const std::ptrdiff_t left_size = r.count != 0 ? unknown : l.count != 0 ? block : unknown / 2;
  const std::ptrdiff_t right_size = right - left - left_size;
  if (l.count == 0) scan_left(left_size);
  if (r.count == 0) scan_right(right_size);
  exchange(left, l, right, r, std::min(l.count, r.count));
  if (l.count == 0) left += left_size;
  if (r.count == 0) right -= right_size;
  // One side has some left, which go to the boundary, the nearest first.
  const It base = right;
  while (l.count > 0) {
    --l.count;
    --right;
    swap_places(left + l.at[static_cast<std::size_t>(l.begin + l.count)], right);
    if (l.count == 0) return right;
  }
  while (r.count > 0) {
    --r.count;
    swap_places(base - 1 - r.at[static_cast<std::size_t>(r.begin + r.count)], left);
    ++left;
  }
  return left;
}

/// A pivot to compare with: a copy, which the compiler can keep in a register, or where it stands.
template <class It>
using pivot_of = std::conditional_t<std::is_trivially_copyable_v<std::iter_value_t<It>>, const std::iter_value_t<It>,
                                    const std::iter_value_t<It>&>;

/// One part of a quicksort: all elements before it are not greater, and the one before it is known if there is one.
template <class It>
struct sort_part {
  It first;
  It last;
  bool leftmost;
  int bad_allowed;
  std::ptrdiff_t size() const { return last - first; }
};

/// Cuts a part into two; what is between them stands right. `later` may be empty.
template <class It, class Less, class GoOn>
void cut(sort_part<It>& part, sort_part<It>& later, Less& less, GoOn go_on) {
  const It first = part.first;
  const It last = part.last;
  choose_pivot(first, last, less);
  {
    pivot_of<It> pivot = *first;
    if (!part.leftmost && !std::invoke(less, *(first - 1), pivot)) {
      // As small as can be: all its equals stand right at the front.
      part.last = first;
      later = part;
      later.last = last;
      later.first = block_partition(
          first + 1, last, [&](const auto& e) { return !static_cast<bool>(std::invoke(less, pivot, e)); }, go_on);
      later.leftmost = false;
      return;
    }
    part.last =
        block_partition(
            first + 1, last, [&](const auto& e) { return static_cast<bool>(std::invoke(less, e, pivot)); }, go_on) -
        1;
  }
  swap_places(first, part.last);
  later = {part.last + 1, last, false, part.bad_allowed};
  if (std::min(part.size(), later.size()) < (last - first) / 8) {
    --part.bad_allowed;
    --later.bad_allowed;
  }
}

template <class It, class Less, class GoOn>
void sort_here(sort_part<It> part, Less& less, GoOn go_on) {
  while (part.size() > few_to_sort) {
    if (part.bad_allowed == 0) return heap_sort(part.first, part.last, less);
    if (!go_on()) return;
    sort_part<It> later = part;
    cut(part, later, less, go_on);
    if (part.size() > later.size()) std::swap(part, later);
    sort_here(part, less, go_on);
    part = later;
  }
  insertion_sort(part.first, part.last, less);
}

/// Some room for values that are not there yet.
template <class T>
class raw_buffer {
 public:
  explicit raw_buffer(std::size_t size) : size_(size), first_(std::allocator<T>().allocate(size)) {}
  raw_buffer(const raw_buffer&) = delete;
  raw_buffer& operator=(const raw_buffer&) = delete;
  ~raw_buffer() { std::allocator<T>().deallocate(first_, size_); }
  T* at(std::ptrdiff_t i) const noexcept { return first_ + i; }

 private:
  std::size_t size_;
  T* first_;
};

/// The values of [first, last) in a buffer, until they are put back in front of `hole_end`.
template <class It>
class put_aside {
 public:
  using T = std::iter_value_t<It>;
  put_aside(It first, It last, T* buffer) : put_aside(first, buffer) {  // so a move that throws runs the destructor
    for (; first != last; ++first) {
      std::construct_at(end_, std::move(*first));
      ++end_;  // not before it is there
    }
  }
  put_aside(const put_aside&) = delete;
  put_aside& operator=(const put_aside&) = delete;
  ~put_aside() noexcept(moves_for_sure<It>) {
    if constexpr (moves_for_sure<It>) {
      while (!empty()) put_back();
      std::destroy(buffer_, end_);
    } else {
      put_all_back();
    }
  }
  bool empty() const noexcept { return begin_ == end_; }
  const T& front() const noexcept { return *begin_; }
  void put_back() {
    *hole = std::move(*begin_);
    ++begin_;
    ++hole;
  }

 private:
  put_aside(It first, T* buffer) noexcept : begin_(buffer), end_(buffer), buffer_(buffer), hole(first) {}

  /// As far as they can be moved.
  void put_all_back() {
    std::exception_ptr failed;  // the first
    for (bool again = false; !empty();) {
      try {
        put_back();
        again = false;
      } catch (...) {
        if (!failed) failed = std::current_exception();
        if (again) {  // it is lost
          ++begin_;
          ++hole;
        }
        again = !again;
      }
    }
    std::destroy(buffer_, end_);
    if (failed && std::uncaught_exceptions() == under_way_) std::rethrow_exception(failed);
  }

  T* begin_;
  T* end_;
  T* buffer_;
  [[no_unique_address]] std::conditional_t<moves_for_sure<It>, std::monostate, thrown_so_far> under_way_;

 public:
  It hole;  // as many places are empty from here as there are values
};

/// Merges [first, middle) and [middle, last); of equals the left ones come first. `buffer` has room for the left half.
template <class It, class Less, class GoOn>
void merge_here(It first, It middle, It last, std::iter_value_t<It>* buffer, Less& less, GoOn go_on) {
  if (first == middle || middle == last || !std::invoke(less, *middle, *(middle - 1))) return;
  put_aside<It> left(first, middle, buffer);
  for (unsigned n = 1; !left.empty() && middle != last; ++n) {
    if (std::invoke(less, *middle, left.front())) {
      *left.hole = std::move(*middle);
      ++left.hole;
      ++middle;
    } else {
      left.put_back();
    }
    if (n % 4096 == 0 && !go_on()) return;
  }
}

template <class It, class Less, class GoOn>
void stable_sort_here(It first, It last, std::iter_value_t<It>* buffer, Less& less, GoOn go_on) {
  const std::ptrdiff_t n = last - first;
  if (n <= few_to_sort) return insertion_sort(first, last, less);
  if (!go_on()) return;
  const It middle = first + n / 2;
  stable_sort_here(first, middle, buffer, less, go_on);
  stable_sort_here(middle, last, buffer + n / 2, less, go_on);
  merge_here(first, middle, last, buffer, less, go_on);
}

}  // namespace magpie::detail
