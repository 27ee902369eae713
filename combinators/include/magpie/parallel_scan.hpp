#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/gather.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/loop_space.hpp>
#include <magpie/parallel_for.hpp>
#include <magpie/parallel_reduce.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include <algorithm>
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

/// One scan. Its items stand in blocks. Within a block all is bracketed from the left; what is written is the
/// combination of the block's *prefix*, all that comes before it, with that. So the result does not depend on whether a
/// block's sum was known before it was written, and each of these is right at any time:
///   write a block whose prefix is known, which gives the prefix of the next one;
///   sum up a block whose prefix is not known yet, so that the prefixes behind it can be had without it being written.
template <class T, scan_kind Kind, class Space, class Out, class Op>
class scan {
 public:
  scan(Space& space, Out out, Op& op, std::uint64_t leaf)
      : leaf_(leaf),
        count_(space.count()),
        space_(space),
        out_(std::move(out)),
        op_(op),
        sums_((count_ - 1) / leaf + 1),
        prefixes_(sums_.size() + 1) {}

  std::uint64_t blocks() const noexcept { return sums_.size(); }
  void begin_with(T init) { prefixes_[0].emplace(std::move(init)); }
  bool is_summed(std::uint64_t block) const noexcept { return sums_[block].has_value(); }

  /// The prefix is known; the next one is afterwards.
  void write_and_pass_on(std::uint64_t block) {
    T sum = write_block(block);
    pass_on(block, std::move(sum));
  }
  /// The prefix and the next one are known.
  void write(std::uint64_t block) { static_cast<void>(write_block(block)); }
  void pass_on_sum(std::uint64_t block) { pass_on(block, T(*sums_[block])); }

  MAGPIE_NOINLINE void sum_up(std::uint64_t block) {
    const std::uint64_t from = block * leaf_;
    const std::uint64_t end = from + std::min(leaf_, count_ - from);
    T sum(space_.at(from));
    for (std::uint64_t i = from + 1; i != end; ++i) sum = std::invoke(op_, std::move(sum), space_.at(i));
    sums_[block].emplace(std::move(sum));
  }

 private:
  void pass_on(std::uint64_t block, T sum) {
    const std::optional<T>& prefix = prefixes_[block];
    if (prefix) {
      prefixes_[block + 1].emplace(std::invoke(op_, T(*prefix), std::move(sum)));
    } else {
      prefixes_[block + 1].emplace(std::move(sum));
    }
  }

  /// Gives the block's sum. An item may be overwritten by what it becomes.
  MAGPIE_NOINLINE T write_block(std::uint64_t block) {
    const std::uint64_t from = block * leaf_;
    const std::uint64_t n = std::min(leaf_, count_ - from);
    Out to = out_ + static_cast<std::iter_difference_t<Out>>(from);
    const std::optional<T>& known = prefixes_[block];
    T sum(space_.at(from));
    if (!known) {  // the first block of an inclusive scan
      *to = sum;
      for (std::uint64_t i = 1; i != n; ++i) {
        sum = std::invoke(op_, std::move(sum), space_.at(from + i));
        *++to = sum;
      }
      return sum;
    }
    const T prefix(*known);
    if constexpr (Kind == scan_kind::inclusive) {
      *to = std::invoke(op_, prefix, sum);
      for (std::uint64_t i = 1; i != n; ++i) {
        sum = std::invoke(op_, std::move(sum), space_.at(from + i));
        *++to = std::invoke(op_, prefix, sum);
      }
    } else {
      *to = prefix;
      for (std::uint64_t i = 1; i != n; ++i) {
        T next(std::invoke(op_, T(sum), space_.at(from + i)));
        *++to = std::invoke(op_, prefix, std::move(sum));
        sum = std::move(next);
      }
    }
    return sum;
  }

  const std::uint64_t leaf_;
  const std::uint64_t count_;
  Space& space_;
  Out out_;
  Op& op_;
  std::vector<std::optional<T>> sums_;
  std::vector<std::optional<T>> prefixes_;
};

enum class scan_pause : std::uint8_t { done, stopped, bare, summed };

template <class Scan>
scan_pause write_blocks(Scan& scan, bool alone, scope* inside, loop_part& part) {
  worker_context& w = *current_worker;
  warm_up warm(part.warm || current_virtual_time != nullptr);
  while (!scan.is_summed(part.at)) {
    scan.write_and_pass_on(part.at);
    if (++part.at == part.end) return scan_pause::done;
    if (stop_requested(w, inside)) [[unlikely]]
      return scan_pause::stopped;
    part.warm = warm.is_over();
    if (part.warm && !alone && part.rest() > 1 && is_bare(w)) return scan_pause::bare;
  }
  return scan_pause::summed;
}

/// Sums up blocks for as long as those before them are not written: afterwards it is quicker to write these too.
template <class Scan>
task<> sum_up_meanwhile(Scan& scan, std::uint64_t from, std::uint64_t end, const atomics::atomic<bool>& in_vain) {
  const auto body = [&](std::uint64_t at, std::uint64_t n) {
    for (std::uint64_t i = at; i != at + n; ++i) {
      if (in_vain.load(relaxed)) return;  // relaxed: a hint; a sum too many or too few changes no result
      scan.sum_up(from + i);
    }
  };
  co_await run_body(body, end - from, 1);
}

template <class Scan>
task<> write_part(Scan& scan, bool alone, loop_part part, atomics::atomic<bool>* over);

template <class Scan>
task<> write_summed(Scan& scan, std::uint64_t from, std::uint64_t end) {
  const auto body = [&](std::uint64_t at, std::uint64_t n) {
    for (std::uint64_t i = at; i != at + n; ++i) scan.write(from + i);
  };
  co_await run_body(body, end - from, 1);
}

/// The prefix of the part is known. Sets `over` at its end.
template <class Scan>
task<> write_part(Scan& scan, bool alone, loop_part part, atomics::atomic<bool>* over) {
  scope* const inside = co_await current_scope();
  while (part.at != part.end) {
    const scan_pause why = write_blocks(scan, alone, inside, part);
    if (why == scan_pause::stopped) co_await stopped();
    if (why == scan_pause::bare) {
      atomics::atomic<bool> left_is_over{false};
      const loop_part left{part.at, part.at + (part.rest() + 1) / 2, 1, true};
      co_await gather(write_part(scan, alone, left, &left_is_over),
                      sum_up_meanwhile(scan, left.end, part.end, left_is_over));
      part.at = left.end;
    } else if (why == scan_pause::summed) {
      const std::uint64_t from = part.at;
      while (part.at != part.end && scan.is_summed(part.at)) scan.pass_on_sum(part.at++);
      const loop_part later{part.at, part.end, 1, true};
      co_await gather(write_summed(scan, from, part.at), write_part(scan, alone, later, nullptr));
      part.at = part.end;
    }
  }
  if (over != nullptr) over->store(true, relaxed);  // relaxed: a hint; the join publishes what was written
}

template <class T, scan_kind Kind, class Source, class Out, class Op>
task<Out> run_scan(Source source, Out out, std::optional<T> init, Op op, std::uint64_t grain) {
  auto&& space = source.space();
  const std::uint64_t count = space.count();
  if (count == 0) co_return out;
  scan<T, Kind, std::remove_reference_t<decltype(space)>, Out, Op> s(space, out, op, fold_leaf(count, grain));
  if (init) s.begin_with(std::move(*init));
  co_await write_part(s, works_alone(), loop_part{0, s.blocks(), 1, s.blocks() <= few_leaves}, nullptr);
  co_return out + static_cast<std::iter_difference_t<Out>>(count);
}

}  // namespace detail

/// out_first[i] = op(in[0], ..., in[i]); gives the end of what was written. op must be associative; the bracketing
/// depends on the number of items and the grain alone, so floating-point results are the same, bit for bit, however
/// many workers take part. `out_first` may be the begin of the range itself. T is the range's value type, and is
/// copied.
///
/// Stops, Errors, Threads, `grain`: as parallel_for(). Cost: two calls of op for an item, three for some if others
/// help; memory for two T per leaf, of which there are some thousands at most if no grain is given.
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
