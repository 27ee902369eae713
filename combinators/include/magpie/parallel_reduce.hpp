#pragma once

#include <magpie/gather_several.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/loop_space.hpp>
#include <magpie/parallel_for.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace magpie {
namespace detail {

/// Items per leaf of a reduction or scan: it shapes the result in the last bits, so it depends on the size alone. Not
/// so few that the tree costs more than the leaves, not so many that no worker could help.
constexpr std::uint64_t fold_leaf(std::uint64_t count, std::uint64_t grain) noexcept {
  if (grain != 0) return grain;
  if (count <= 65536) return std::max<std::uint64_t>(1, (count + 127) / 128);
  return std::max<std::uint64_t>(512, count / 4096);
}

/// One reduction: what its items become, and how two results become one.
template <class T, class Space, class Map, class Combine, class... Args>
class fold {
 public:
  fold(Space& space, Map& map, Combine& combine, std::uint64_t leaf) noexcept
      : space_(space), map_(map), combine_(combine), leaf_(leaf), count_(space.count()) {}

  std::uint64_t leaves() const noexcept { return (count_ - 1) / leaf_ + 1; }

  T combined(T a, T b) const { return std::invoke(combine_, std::move(a), std::move(b)); }

  /// The items of a leaf, from left to right.
  T leaf(std::uint64_t index) const {
    const std::uint64_t from = index * leaf_;
    const std::uint64_t n = std::min(leaf_, count_ - from);
    if constexpr (better_copied<Map, Args...> && better_copied<Combine, T, T>) {
      const Map map = map_;
      const Combine combine = combine_;
      return folded(map, combine, from, n);
    } else {
      return folded(map_, combine_, from, n);
    }
  }

 private:
  template <class M, class C>
  MAGPIE_INLINE T folded(M& map, C& combine, std::uint64_t from, std::uint64_t n) const {
    if constexpr (std::is_floating_point_v<T>) {
      // A sum waits for each addition before the next: four stretches of the leaf go side by side. (Of integers the
      // compiler may change the order itself, and vectorises the plain loop.)
      if (n >= 64) {
        const std::uint64_t q = n / 4;
        T a = std::invoke(map, space_.at(from));
        T b = std::invoke(map, space_.at(from + q));
        T c = std::invoke(map, space_.at(from + 2 * q));
        T d = std::invoke(map, space_.at(from + 3 * q));
        for (std::uint64_t i = from + 1; i != from + q; ++i) {
          a = std::invoke(combine, a, T(std::invoke(map, space_.at(i))));
          b = std::invoke(combine, b, T(std::invoke(map, space_.at(i + q))));
          c = std::invoke(combine, c, T(std::invoke(map, space_.at(i + 2 * q))));
          d = std::invoke(combine, d, T(std::invoke(map, space_.at(i + 3 * q))));
        }
        for (std::uint64_t i = from + 4 * q; i != from + n; ++i) {
          d = std::invoke(combine, d, T(std::invoke(map, space_.at(i))));
        }
        return std::invoke(combine, T(std::invoke(combine, a, b)), T(std::invoke(combine, c, d)));
      }
    }
    T sum = std::invoke(map, space_.at(from));
    for (std::uint64_t i = from + 1; i != from + n; ++i) {
      sum = std::invoke(combine, std::move(sum), T(std::invoke(map, space_.at(i))));
    }
    return sum;
  }

  Space& space_;
  Map& map_;
  Combine& combine_;
  const std::uint64_t leaf_;
  const std::uint64_t count_;
};

/// A part of the tree over the leaves, [at first) to end. Of n leaves the left subtree holds the greatest power of two
/// below n; so what stands done between `first` and `at` is one result for each bit of their number, the greatest
/// first, and no shape needs to be stored.
template <class T>
struct fold_part {
  std::uint64_t first;
  std::uint64_t at;
  std::uint64_t end;
  bool warm;
  std::vector<T> done;

  fold_part(std::uint64_t from, std::uint64_t to, bool w) : first(from), at(from), end(to), warm(w) {}

  template <class Fold>
  void add(const Fold& fold, T value) {
    for (std::uint64_t n = at - first; (n & 1) != 0; n >>= 1) value = fold.combined(take_last(), std::move(value));
    done.push_back(std::move(value));
    ++at;
  }
  template <class Fold>
  T total(const Fold& fold) {
    T value = take_last();
    while (!done.empty()) value = fold.combined(take_last(), std::move(value));
    return value;
  }

  /// The boundary of the greatest right subtree that is not begun; `end` if there is none.
  std::uint64_t boundary() const noexcept {
    for (std::uint64_t low = first; end - low > 1;) {
      const std::uint64_t middle = low + std::bit_floor(end - low - 1);
      if (at < middle) return middle;
      low = middle;
    }
    return end;
  }
  /// Gives away that subtree's sibling, as far as it is done: [low, middle) with low <= at < middle.
  fold_part split_left(std::uint64_t middle) {
    std::uint64_t low = first;
    while (low + std::bit_floor(end - low - 1) != middle) low += std::bit_floor(end - low - 1);
    fold_part left(low, middle, true);
    left.at = at;
    const auto results = static_cast<std::ptrdiff_t>(std::popcount(at - low));
    left.done.assign(std::make_move_iterator(done.end() - results), std::make_move_iterator(done.end()));
    done.erase(done.end() - results, done.end());
    return left;
  }

 private:
  T take_last() {
    T value = std::move(done.back());
    done.pop_back();
    return value;
  }
};

template <class T, class Fold>
MAGPIE_NOINLINE loop_pause fold_leaves(const Fold& fold, bool alone, scope* inside, fold_part<T>& part) {
  worker_context& w = *current_worker;
  warm_up warm(part.warm || current_virtual_time != nullptr);
  for (;;) {
    if (part.warm && !alone && is_bare(w) && part.boundary() != part.end) return loop_pause::bare;
    part.add(fold, fold.leaf(part.at));
    if (part.at == part.end) return loop_pause::done;
    if (stop_requested(w, inside)) [[unlikely]]
      return loop_pause::stopped;
    part.warm = warm.is_over();
  }
}

template <class T, class Fold>
task<T> fold_tree(const Fold& fold, bool alone, fold_part<T> part) {
  scope* const inside = co_await current_scope();
  const loop_pause why = fold_leaves(fold, alone, inside, part);
  if (why == loop_pause::stopped) co_await stopped();
  if (why == loop_pause::bare) {
    const std::uint64_t middle = part.boundary();
    fold_part<T> left = part.split_left(middle);
    fold_part<T> right(middle, part.end, true);
    auto [l, r] =
        co_await gather(fold_tree<T>(fold, alone, std::move(left)), fold_tree<T>(fold, alone, std::move(right)));
    part.done.push_back(fold.combined(std::move(l), std::move(r)));
  }
  co_return part.total(fold);
}

template <class... Args, class Source, class T, class Map, class Combine>
task<T> run_fold(Source source, T init, Map map, Combine combine, std::uint64_t grain) {
  auto&& space = source.space();
  using space_type = std::remove_reference_t<decltype(space)>;
  const std::uint64_t count = space.count();
  if (count == 0) co_return init;
  const fold<T, space_type, Map, Combine, Args...> f(space, map, combine, fold_leaf(count, grain));
  if (f.leaves() == 1) co_return f.combined(std::move(init), f.leaf(0));
  fold_part<T> all(0, f.leaves(), f.leaves() <= few_leaves);
  T sum = co_await fold_tree<T>(f, works_alone(), std::move(all));
  co_return f.combined(std::move(init), std::move(sum));
}

template <class F, class T>
concept combines =
    std::invocable<std::decay_t<F>&, T, T> && std::convertible_to<std::invoke_result_t<std::decay_t<F>&, T, T>, T>;
template <class F, class T, class... Args>
concept maps_to = std::invocable<std::decay_t<F>&, Args...> &&
                  std::convertible_to<std::invoke_result_t<std::decay_t<F>&, Args...>, T>;

}  // namespace detail

/// combine(init, combine(map(item), ...)) over all items, in their order but bracketed as a tree: so combine must be
/// associative, and need not be commutative. The tree depends on the number of items and the grain alone: a
/// floating-point result is the same, bit for bit, however many workers take part. init is used once.
///
/// Stops, Errors, Threads, `grain`: as parallel_for(). T moves only. Cost: memory for O(workers log n) values of T.
template <detail::whole_number I, detail::whole_number J, class T, class Map, class Combine,
          detail::whole_number G = int>
  requires detail::maps_to<Map, T, std::common_type_t<I, J>> && detail::combines<Combine, T>
[[nodiscard]] task<T> parallel_reduce(I first, J last, T init, Map&& map, Combine&& combine, G grain = 0) {
  detail::reject_unsafe_callable<Map>();
  detail::reject_unsafe_callable<Combine>();
  return detail::run_fold<std::common_type_t<I, J>>(
      detail::integers(first, last), std::move(init), detail::loop_callable<Map>(static_cast<Map&&>(map)),
      detail::loop_callable<Combine>(static_cast<Combine&&>(combine)), detail::checked_grain(grain));
}

/// The same for the items between two iterators: map(*i).
template <std::random_access_iterator It, std::sized_sentinel_for<It> S, class T, class Map, class Combine,
          detail::whole_number G = int>
  requires detail::maps_to<Map, T, std::iter_reference_t<It>> && detail::combines<Combine, T>
[[nodiscard]] task<T> parallel_reduce(It first, S last, T init, Map&& map, Combine&& combine, G grain = 0) {
  detail::reject_unsafe_callable<Map>();
  detail::reject_unsafe_callable<Combine>();
  return detail::run_fold<std::iter_reference_t<It>>(
      detail::items(first, last), std::move(init), detail::loop_callable<Map>(static_cast<Map&&>(map)),
      detail::loop_callable<Combine>(static_cast<Combine&&>(combine)), detail::checked_grain(grain));
}

/// The same for a range.
template <std::ranges::forward_range R, class T, class Map, class Combine, detail::whole_number G = int>
  requires detail::maps_to<Map, T, std::ranges::range_reference_t<R>> && detail::combines<Combine, T>
[[nodiscard]] task<T> parallel_reduce(R&& range, T init, Map&& map, Combine&& combine, G grain = 0) {
  detail::reject_unsafe_callable<Map>();
  detail::reject_unsafe_callable<Combine>();
  using kept = detail::kept_range<R>;
  return detail::run_fold<std::ranges::range_reference_t<R>>(
      detail::range_source<kept>(static_cast<kept&&>(range)), std::move(init),
      detail::loop_callable<Map>(static_cast<Map&&>(map)),
      detail::loop_callable<Combine>(static_cast<Combine&&>(combine)), detail::checked_grain(grain));
}

}  // namespace magpie
