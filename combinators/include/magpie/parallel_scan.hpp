#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/gather_several.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/loop_space.hpp>
#include <magpie/parallel_for.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace magpie {
namespace detail {

enum class scan_kind : bool { inclusive, exclusive };

/// Items per block of a scan. Like those of a reduction they shape the result, so their size depends on that of the
/// whole alone. A block is read twice, the second time from a near cache; there are 4096 at most.
constexpr std::uint64_t scan_leaf(std::uint64_t count, std::uint64_t grain) noexcept {
  if (grain != 0) return grain;
  if (count <= 65536) return std::max<std::uint64_t>(1, (count + 63) / 64);
  return std::max({std::uint64_t{1024}, std::min<std::uint64_t>(4096, count / 256), count / 4096});
}

/// One scan. Its items stand in blocks. The *prefix* of a block is all that comes before it. Whoever has time sums up
/// the next block; and as soon as the prefix of a block is known, and its sum, the prefix of the next one is, so that
/// only sums wait for each other. Then the block is written, by one who has just had it in the cache, if all goes well.
///
/// Each block has two bits, `summed` and `reached`: its prefix is known. Who sets the second of them has the block: it
/// reaches the next one, and writes this one. So a block is written once, nobody waits, and how a result is bracketed
/// does not depend on who came first.
///
/// Source: Merrill and Garland, "Single-pass parallel prefix scan with decoupled look-back", NVIDIA 2016, for the one
/// pass; here those who come late are not waited for.
template <class T, scan_kind Kind, class Space, class Out, class Op>
class scan {
 public:
  scan(Space& space, Out out, Op& op, std::uint64_t leaf)
      : leaf_(leaf),
        count_(space.count()),
        space_(space),
        out_(std::move(out)),
        op_(op),
        blocks_(static_cast<std::size_t>((count_ - 1) / leaf + 1)) {
    blocks_[0].state.store(reached, relaxed);  // relaxed: nobody else is here yet
  }

  std::uint64_t blocks() const noexcept { return blocks_.size(); }
  void begin_with(T init) { blocks_[0].prefix.emplace(std::move(init)); }

  /// Blocks that the caller has to write: from `first` to, and without, `end`.
  struct stretch {
    std::uint64_t first;
    std::uint64_t end;
  };

  /// Takes the next block, if one is left. Gives its number, or blocks().
  std::uint64_t take() noexcept {
    const std::uint64_t all = blocks();
    if (next_.load(relaxed) >= all) return all;         // relaxed: a hint, so that the number stays small
    return std::min(all, next_.fetch_add(1, relaxed));  // relaxed: it only deals out numbers
  }
  bool all_taken() const noexcept { return next_.load(relaxed) >= blocks(); }  // relaxed: a hint

  /// Sums up a block that was taken. `patience`: how often to look whether it is reached, before it is left to whoever
  /// reaches it.
  stretch sum_up(std::uint64_t index, unsigned& patience) {
    block& b = blocks_[index];
    b.sum.emplace(sum_of(b, index));
    // acquire: pairs with reach(): the prefix
    for (unsigned looks = 0; (b.state.load(acquire) & reached) == 0; ++looks) {
      if (looks >= patience) {
        patience /= 2;  // whoever is before us was interrupted, perhaps
        // release: the sum, for the one who reaches the block; acquire: the prefix, if it is reached meanwhile
        return (b.state.fetch_or(summed, acq_rel) & reached) != 0 ? reach_from(index) : stretch{index, index};
      }
      atomics::pause();
    }
    patience = most_patience;
    return reach_from(index);
  }

  MAGPIE_NOINLINE void write(std::uint64_t index) {
    const std::uint64_t from = index * leaf_;
    const std::uint64_t n = std::min(leaf_, count_ - from);
    if constexpr (better_copied<Op, T, T>) {
      const Op op = op_;
      write_items(op, blocks_[index], from, n);
    } else {
      write_items(op_, blocks_[index], from, n);
    }
  }

  static constexpr unsigned most_patience = 64;

 private:
  static constexpr std::uint8_t summed = 1;
  static constexpr std::uint8_t reached = 2;

  // Numbers are scanned in four stretches of a block side by side: each step waits for the one before it.
  static constexpr bool by_stretches = std::is_arithmetic_v<T>;
  static constexpr std::uint64_t least_by_stretches = 64;
  struct no_sums {};

  struct block {
    std::optional<T> prefix;  // known when it is reached; of the first block of an inclusive scan there is none
    std::optional<T> sum;
    std::conditional_t<by_stretches, std::array<T, 3>, no_sums> of_stretch{};
    atomics::atomic<std::uint8_t> state{0};
  };

  /// We have this block: reaches the one behind it, and all that were only waiting for that.
  stretch reach_from(std::uint64_t first) {
    std::uint64_t end = first;
    do {
      if (end + 1 == blocks()) return {first, end + 1};
      block& b = blocks_[end];
      block& next = blocks_[++end];
      if (b.prefix) {
        next.prefix.emplace(std::invoke(op_, T(*b.prefix), T(*b.sum)));
      } else {
        next.prefix.emplace(*b.sum);
      }
      // release: the prefix, for the one who sums it up; acquire: the sum, if it is summed up already
    } while ((blocks_[end].state.fetch_or(reached, acq_rel) & summed) != 0);
    return {first, end};
  }

  MAGPIE_NOINLINE T sum_of(block& b, std::uint64_t index) {
    const std::uint64_t from = index * leaf_;
    const std::uint64_t n = std::min(leaf_, count_ - from);
    if constexpr (better_copied<Op, T, T>) {
      const Op op = op_;
      return sum_of_items(op, b, from, n);
    } else {
      return sum_of_items(op_, b, from, n);
    }
  }

  template <class F>
  MAGPIE_INLINE T sum_from_left(F& op, std::uint64_t from, std::uint64_t end) {
    T sum(space_.at(from));
    for (std::uint64_t i = from + 1; i != end; ++i) sum = std::invoke(op, std::move(sum), space_.at(i));
    return sum;
  }

  template <class F>
  MAGPIE_INLINE T sum_of_items(F& op, [[maybe_unused]] block& block_of, std::uint64_t from, std::uint64_t n) {
    if constexpr (by_stretches) {
      if (n >= least_by_stretches) {
        const std::uint64_t q = n / 4;
        T a, b, c, d;
        if constexpr (std::is_integral_v<T>) {  // these vectorise
          a = sum_from_left(op, from, from + q);
          b = sum_from_left(op, from + q, from + 2 * q);
          c = sum_from_left(op, from + 2 * q, from + 3 * q);
          d = sum_from_left(op, from + 3 * q, from + n);
        } else {
          a = space_.at(from);
          b = space_.at(from + q);
          c = space_.at(from + 2 * q);
          d = space_.at(from + 3 * q);
          for (std::uint64_t i = from + 1; i != from + q; ++i) {
            a = std::invoke(op, a, space_.at(i));
            b = std::invoke(op, b, space_.at(i + q));
            c = std::invoke(op, c, space_.at(i + 2 * q));
            d = std::invoke(op, d, space_.at(i + 3 * q));
          }
          for (std::uint64_t i = from + 4 * q; i != from + n; ++i) d = std::invoke(op, d, space_.at(i));
        }
        block_of.of_stretch = {a, b, c};
        return std::invoke(op, T(std::invoke(op, a, b)), T(std::invoke(op, c, d)));
      }
    }
    return sum_from_left(op, from, from + n);
  }

  /// One item, after all that is in `sum`, which may be overwritten by what it becomes.
  template <class F>
  MAGPIE_INLINE void step(F& op, T& sum, std::uint64_t i) {
    const auto place = static_cast<std::iter_difference_t<Out>>(i);
    if constexpr (Kind == scan_kind::inclusive) {
      sum = std::invoke(op, std::move(sum), space_.at(i));
      out_[place] = sum;
    } else {
      T next(std::invoke(op, T(sum), space_.at(i)));
      out_[place] = std::move(sum);
      sum = std::move(next);
    }
  }

  template <class F>
  MAGPIE_INLINE void write_items(F& op, const block& block_of, std::uint64_t from, std::uint64_t n) {
    std::uint64_t i = from;
    T sum(block_of.prefix ? T(*block_of.prefix) : T(space_.at(from)));
    if (!block_of.prefix) out_[static_cast<std::iter_difference_t<Out>>(i++)] = sum;
    if constexpr (by_stretches) {
      if (n >= least_by_stretches) {
        const std::uint64_t q = n / 4;
        T b = block_of.of_stretch[0];
        if (block_of.prefix) b = std::invoke(op, sum, b);
        T c = std::invoke(op, b, block_of.of_stretch[1]);
        T d = std::invoke(op, c, block_of.of_stretch[2]);
        if (i != from) {
          step(op, b, from + q);
          step(op, c, from + 2 * q);
          step(op, d, from + 3 * q);
        }
        for (; i != from + q; ++i) {
          step(op, sum, i);
          step(op, b, i + q);
          step(op, c, i + 2 * q);
          step(op, d, i + 3 * q);
        }
        for (i = from + 4 * q; i != from + n; ++i) step(op, d, i);
        return;
      }
    }
    for (; i != from + n; ++i) step(op, sum, i);
  }

  const std::uint64_t leaf_;
  const std::uint64_t count_;
  Space& space_;
  const Out out_;
  Op& op_;
  std::vector<block> blocks_;
  alignas(line_size) atomics::atomic<std::uint64_t> next_{0};
};

enum class scan_pause : std::uint8_t { done, stopped, bare, many };

/// Takes block after block, until all are taken or something else is to be done: `many` are to be written.
template <class Scan>
MAGPIE_NOINLINE scan_pause scan_some(Scan& scan, bool alone, scope* inside, bool& warm,
                                     typename Scan::stretch& to_write) {
  worker_context& w = *current_worker;
  warm_up warming(warm);
  unsigned patience = alone || current_virtual_time != nullptr ? 0 : Scan::most_patience;
  for (;;) {
    if (warm && !alone && is_bare(w) && !scan.all_taken()) return scan_pause::bare;
    const std::uint64_t block = scan.take();
    if (block == scan.blocks()) return scan_pause::done;
    to_write = scan.sum_up(block, patience);
    if (to_write.end - to_write.first > 1 && !alone) return scan_pause::many;
    for (std::uint64_t i = to_write.first; i != to_write.end; ++i) scan.write(i);
    if (stop_requested(w, inside)) [[unlikely]]
      return scan_pause::stopped;
    warm = warming.is_over();
  }
}

template <class Scan>
task<> write_many(Scan& scan, std::uint64_t first, std::uint64_t end) {
  const auto body = [&](std::uint64_t at, std::uint64_t n) {
    for (std::uint64_t i = at; i != at + n; ++i) scan.write(first + i);
  };
  const loop_plan plan(end - first, 1);
  co_await run_part(body, plan, whole(plan));
}

/// Several of these work on one scan. All is written when all have ended.
template <class Scan>
task<> scan_blocks(Scan& scan, bool alone, bool warm) {
  scope* const inside = co_await current_scope();
  for (;;) {
    typename Scan::stretch to_write{0, 0};
    const scan_pause why = scan_some(scan, alone, inside, warm, to_write);
    if (why == scan_pause::done) co_return;
    if (why == scan_pause::stopped) co_await stopped();
    if (why == scan_pause::many) co_await write_many(scan, to_write.first, to_write.end);
    if (why == scan_pause::bare) {
      co_await gather(scan_blocks(scan, alone, true), scan_blocks(scan, alone, true));
      co_return;
    }
  }
}

template <class T, scan_kind Kind, class Source, class Out, class Op>
task<Out> run_scan(Source source, Out out, std::optional<T> init, Op op, std::uint64_t grain) {
  auto&& space = source.space();
  const std::uint64_t count = space.count();
  if (count == 0) co_return out;
  scan<T, Kind, std::remove_reference_t<decltype(space)>, Out, Op> s(space, out, op, scan_leaf(count, grain));
  if (init) s.begin_with(std::move(*init));
  const bool warm = current_virtual_time != nullptr || (grain != 0 && s.blocks() <= few_leaves);
  co_await scan_blocks(s, works_alone(), warm);
  co_return out + static_cast<std::iter_difference_t<Out>>(count);
}

}  // namespace detail

/// out_first[i] = op(in[0], ..., in[i]); gives the end of what was written. op must be associative; the bracketing
/// depends on the number of items and the grain alone, so floating-point results are the same, bit for bit, however
/// many workers take part. `out_first` may be the begin of the range itself. T is the range's value type, and is
/// copied.
///
/// Stops, Errors, Threads, `grain`: as parallel_for(). Cost: two calls of op for an item; memory for two T, of
/// numbers five, for each leaf, of which there are some thousands at most if no grain is given.
template <std::ranges::forward_range R, std::random_access_iterator Out, class Op = std::plus<>,
          detail::whole_number G = int>
[[nodiscard]] task<Out> parallel_inclusive_scan(R&& in_range, Out out_first, Op op = {}, G grain = 0) {
  using kept = detail::kept_range<R>;
  using T = std::ranges::range_value_t<R>;
  return detail::run_scan<T, detail::scan_kind::inclusive>(detail::range_source<kept>(static_cast<kept&&>(in_range)),
                                                           std::move(out_first), std::optional<T>(), std::move(op),
                                                           detail::checked_grain(grain));
}

/// out_first[i] = op(init, in[0], ..., in[i - 1]). All else as parallel_inclusive_scan(), but T is the type of init.
template <std::ranges::forward_range R, std::random_access_iterator Out, class T, class Op = std::plus<>,
          detail::whole_number G = int>
[[nodiscard]] task<Out> parallel_exclusive_scan(R&& in_range, Out out_first, T init, Op op = {}, G grain = 0) {
  using kept = detail::kept_range<R>;
  return detail::run_scan<T, detail::scan_kind::exclusive>(detail::range_source<kept>(static_cast<kept&&>(in_range)),
                                                           std::move(out_first), std::optional<T>(std::move(init)),
                                                           std::move(op), detail::checked_grain(grain));
}

}  // namespace magpie
