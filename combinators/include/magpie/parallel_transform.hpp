#pragma once

#include <magpie/parallel_for.hpp>

#include <cstdint>
#include <functional>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

namespace magpie {
namespace detail {

template <class Space, class Out, class F>
struct store_result {
  MAGPIE_INLINE void operator()(std::uint64_t i) const {
    out[static_cast<std::iter_difference_t<Out>>(i)] = std::invoke(*fn, space->at(i));
  }
  const Space* space;
  Out out;
  F* fn;
};

template <class Space, class Out, class F>
struct store_awaited {
  task<> operator()(std::uint64_t i) const { return store(*this, i); }
  static task<> store(store_awaited self, std::uint64_t i) {
    self.out[static_cast<std::iter_difference_t<Out>>(i)] = co_await std::invoke(*self.fn, self.space->at(i));
  }
  const Space* space;
  Out out;
  F* fn;
};

template <class Item, class Source, class Out, class F>
task<Out> run_transform(Source source, Out out, F fn, std::uint64_t grain) {
  auto&& space = source.space();
  using space_type = std::remove_reference_t<decltype(space)>;
  using store =
      std::conditional_t<gives_awaitable<F, Item>, store_awaited<space_type, Out, F>, store_result<space_type, Out, F>>;
  const store each{&space, out, &fn};
  const std::uint64_t count = space.count();
  co_await run_loop<std::uint64_t>(integer_space<std::uint64_t>{0, count}, each, grain);
  co_return out + static_cast<std::iter_difference_t<Out>>(count);
}

}  // namespace detail

/// out_first[i] = fn(in[i]) for all items of the range; gives the end of what was written. `out_first` may be the begin
/// of the range itself. Stops, Errors, Cost, Threads, `grain`: as parallel_for(); what a stop or a failure left undone
/// is as it was.
template <std::ranges::forward_range R, std::random_access_iterator Out, class F, detail::whole_number G = int>
  requires detail::loop_function<F, std::ranges::range_reference_t<R>>
[[nodiscard]] task<Out> parallel_transform(R&& in_range, Out out_first, F&& fn, G grain = 0) {
  detail::reject_unsafe_callable<F>();
  using kept = detail::kept_range<R>;
  return detail::run_transform<std::ranges::range_reference_t<R>>(
      detail::range_source<kept>(static_cast<kept&&>(in_range)), std::move(out_first),
      detail::loop_callable<F>(static_cast<F&&>(fn)), detail::checked_grain(grain));
}

}  // namespace magpie
