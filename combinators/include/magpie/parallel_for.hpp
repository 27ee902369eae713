#pragma once

#include <magpie/gather_several.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/loop_space.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

namespace magpie {
namespace detail {

/// What a loop does with a stretch of its items.
template <class Space, class F, class... Args>
class loop_body {
 public:
  loop_body(Space& space, F& f) noexcept : space_(space), f_(f) {}
  MAGPIE_INLINE void operator()(std::uint64_t from, std::uint64_t n) const {
    if constexpr (better_copied<F, Args...>) {
      const F f = f_;
      space_.each(f, from, n);
    } else {
      space_.each(f_, from, n);
    }
  }

 private:
  Space& space_;
  F& f_;
};

/// Runs leaves of `part` until it is done, or something else is to be done first. A plain function, so that its loops
/// become as fast as any.
template <class Body>
MAGPIE_NOINLINE loop_pause run_leaves(const Body& body, const loop_plan& plan, scope* inside, loop_part& part) {
  if (part.rest() <= part.leaf) {
    body(part.at, part.rest());
    return loop_pause::done;
  }
  worker_context& w = *current_worker;
  loop_pace pace(plan, part);
  for (;;) {
    if (part.warm && !plan.alone && part.rest() > part.leaf && is_bare(w) && part.is_worth_a_steal(plan)) [[unlikely]]
      return loop_pause::bare;
    const std::uint64_t to = part.leaf_end(plan);
    body(part.at, to - part.at);
    part.at = to;
    if (part.at == part.end) return loop_pause::done;
    if (stop_requested(w, inside)) [[unlikely]]
      return loop_pause::stopped;
    pace.adapt(w, plan, part);
  }
}

/// `body` and `plan` outlive the task.
template <class Body>
task<> run_part(const Body& body, const loop_plan& plan, loop_part part) {
  scope* const inside = co_await current_scope();
  note_part(plan, part);
  const loop_pause why = run_leaves(body, plan, inside, part);
  if (why == loop_pause::stopped) co_await stopped();
  if (why == loop_pause::bare) {
    loop_part later = part.split(plan);
    keep_what_was_ours(plan, part, later);
    co_await gather(run_part(body, plan, part), run_part(body, plan, later));
  }
}

/// All of a loop.
inline loop_part whole(const loop_plan& plan) noexcept {
  return {0, plan.count, plan.leaf, plan.count != 0 && (plan.count - 1) / plan.leaf < few_leaves};
}

template <class Space, class F>
task<> await_leaf(const Space& space, F& f, std::uint64_t from, std::uint64_t end) {
  for (std::uint64_t i = from; i != end; ++i) co_await std::invoke(f, space.at(i));
}
template <class F>
task<> await_leaf(const tile_space& space, F& f, std::uint64_t from, std::uint64_t end) {
  for (std::uint64_t i = from; i != end; ++i) {
    const tile_space::block b = space.block_at(i);
    for (std::size_t row = b.row; row != b.row_end; ++row) {
      for (std::size_t col = b.col; col != b.col_end; ++col) co_await std::invoke(f, row, col);
    }
  }
}

/// Bodies that are coroutines may suspend, so all leaves are offered at once.
template <class Space, class F>
task<> await_part(const Space& space, F& f, std::uint64_t from, std::uint64_t end, std::uint64_t leaf) {
  const std::uint64_t n = end - from;
  if (n <= leaf) {
    co_await await_leaf(space, f, from, end);
  } else {
    const std::uint64_t middle = from + ((n - 1) / leaf / 2 + 1) * leaf;
    co_await gather(await_part(space, f, from, middle, leaf), await_part(space, f, middle, end, leaf));
  }
}

/// How many bodies that suspend are under way at most, where no grain says otherwise.
inline constexpr std::uint64_t most_suspended = 1024;

template <class... Args, class Source, class F>
task<> run_loop(Source source, F f, std::uint64_t grain) {
  auto&& space = source.space();
  using space_type = std::remove_reference_t<decltype(space)>;
  const std::uint64_t count = space.count();
  if (count == 0) co_return;
  if constexpr (gives_awaitable<F, Args...>) {
    co_await await_part(space, f, 0, count, grain != 0 ? grain : (count - 1) / most_suspended + 1);
  } else {
    // As run_part(), without a frame of its own: a short loop ends here.
    const loop_body<space_type, F, Args...> body(space, f);
    const loop_plan plan(count, grain);
    loop_part part = whole(plan);
    scope* const inside = co_await current_scope();
    const loop_pause why = run_leaves(body, plan, inside, part);
    if (why == loop_pause::stopped) co_await stopped();
    if (why == loop_pause::bare) {
      loop_part later = part.split(plan);
      keep_what_was_ours(plan, part, later);
      co_await gather(run_part(body, plan, part), run_part(body, plan, later));
    }
  }
}

template <class F, class... Args>
concept loop_function =
    std::invocable<std::decay_t<F>&, Args...> || (std::is_lvalue_reference_v<F> && std::invocable<F, Args...>);

/// What a range is kept as: an lvalue or a view of something else is looked at, all else is moved in.
template <class R>
using kept_range = std::conditional_t<std::is_lvalue_reference_v<R>, R, std::remove_cvref_t<R>>;

}  // namespace detail

/// Calls fn(i) for each integer in [first, last), on several workers at a time; none if last <= first. What fn gets is
/// of the common type of both. An fn that returns a task is awaited.
///
/// Stops: after each leaf. Errors: the first failure in time, when all have ended; usage_error, at the call, for a
/// negative grain, and for a first that the common type cannot express (-1 and std::size_t). Cost: for a short loop,
/// one that takes some microseconds, two small frames and no work for others; memory for O(workers log n) frames.
/// `grain`: items per leaf, after which the loop looks for a stop and for thieves; 0: chosen by measuring
/// (docs/guide/loops.md). Threads: fn is called on many at a time, but it is one object: an lvalue is copied once, or
/// referred to if it cannot be copied.
template <detail::whole_number I, detail::whole_number J, class F, detail::whole_number G = int>
  requires detail::loop_function<F, std::common_type_t<I, J>>
[[nodiscard]] task<> parallel_for(I first, J last, F&& fn, G grain = 0) {
  detail::reject_unsafe_callable<F>();
  return detail::run_loop<std::common_type_t<I, J>>(
      detail::integers(first, last), detail::loop_callable<F>(static_cast<F&&>(fn)), detail::checked_grain(grain));
}

/// The same for the items between two iterators: fn(*i).
template <std::random_access_iterator It, std::sized_sentinel_for<It> S, class F, detail::whole_number G = int>
  requires(!detail::whole_number<It>) && detail::loop_function<F, std::iter_reference_t<It>>
[[nodiscard]] task<> parallel_for(It first, S last, F&& fn, G grain = 0) {
  detail::reject_unsafe_callable<F>();
  return detail::run_loop<std::iter_reference_t<It>>(
      detail::items(first, last), detail::loop_callable<F>(static_cast<F&&>(fn)), detail::checked_grain(grain));
}

/// The same for a range: fn(item). An lvalue is borrowed, an rvalue moved into the loop. Cost: of a range without
/// random access, the places of all items are noted first.
template <std::ranges::forward_range R, class F, detail::whole_number G = int>
  requires detail::loop_function<F, std::ranges::range_reference_t<R>>
[[nodiscard]] task<> parallel_for(R&& range, F&& fn, G grain = 0) {
  detail::reject_unsafe_callable<F>();
  using kept = detail::kept_range<R>;
  return detail::run_loop<std::ranges::range_reference_t<R>>(detail::range_source<kept>(static_cast<kept&&>(range)),
                                                             detail::loop_callable<F>(static_cast<F&&>(fn)),
                                                             detail::checked_grain(grain));
}

/// The same for the cells of a table: fn(row, col), by blocks of about `grain` cells.
template <class F, detail::whole_number G = int>
  requires detail::loop_function<F, std::size_t, std::size_t>
[[nodiscard]] task<> parallel_for(tile table, F&& fn, G grain = 0) {
  detail::reject_unsafe_callable<F>();
  const std::uint64_t cells = detail::checked_grain(grain);
  return detail::run_loop<std::size_t, std::size_t>(detail::tile_space(table, cells),
                                                    detail::loop_callable<F>(static_cast<F&&>(fn)),
                                                    cells == 0 ? std::uint64_t{0} : std::uint64_t{1});
}

}  // namespace magpie
