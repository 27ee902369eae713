#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/errors.hpp>
#include <magpie/gather_range.hpp>
#include <magpie/gather_several.hpp>
#include <magpie/outcome.hpp>
#include <magpie/shield.hpp>
#include <magpie/task.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace magpie {
namespace detail {

/// What a variant, pair or optional holds for a result of type T.
template <class T>
using alternative_t =
    std::conditional_t<std::is_lvalue_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, stored_t<T>>;

/// Requests the stop of the scope that the running task is a child of.
class stop_siblings_awaiter : public native_awaiter {
 public:
  stop_siblings_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    h.promise().join->inside->request_stop();
    return transfer(*current_worker, h);
  }
  void await_resume() const noexcept {}
};

/// Who was first.
class finish_tape {
 public:
  /// True for exactly one.
  bool cross(std::size_t runner) noexcept {
    std::size_t nobody = none;
    // relaxed: one is first in any order; what it has won is published by its own join
    return winner_.compare_exchange_strong(nobody, runner, relaxed, relaxed);
  }
  /// After all have ended; `none` if a stop from outside was faster.
  std::size_t winner() const noexcept {
    return winner_.load(relaxed);  // relaxed: made visible by the joins
  }
  static constexpr std::size_t none = ~std::size_t{0};

 private:
  atomics::atomic<std::size_t> winner_{none};
};

enum class wins_by : bool { ending, value };

/// Of one that races; it may hold what cannot be assigned.
template <class T>
using outcome_place = std::optional<outcome<T>>;

/// One of those that race. Its outcome stays in its own place; who wins stops the others.
template <class T, wins_by How>
task<> run_as_runner(task<T> runner, outcome_place<T>& place, finish_tape& tape, std::size_t index) {
  place.emplace(co_await as_outcome(std::move(runner)));
  if (How == wins_by::ending || place->has_value()) {
    if (tape.cross(index)) co_await stop_siblings_awaiter();
  }
}

template <class T, wins_by How>
task<> run_in_race(task<T> runner, outcome_place<T>& place, finish_tape& tape, std::size_t index) {
  const bool anyway = runner.starts_anyway();
  return started_like(anyway, run_as_runner<T, How>(std::move(runner), place, tape, index));
}

/// Throws what a first_success without a success throws.
template <class Outcomes>
[[noreturn]] void throw_all(Outcomes& outcomes) {
  std::vector<std::exception_ptr> errors;
  const auto add = [&](auto& o) {
    errors.push_back(o->has_error() ? o->error() : std::make_exception_ptr(task_cancelled()));
  };
  if constexpr (std::ranges::range<Outcomes>) {
    for (auto& o : outcomes) add(o);
  } else {
    std::apply([&](auto&... o) { (add(o), ...); }, outcomes);
  }
  throw exception_group(std::move(errors));
}

template <class V, std::size_t I, class T>
V as_alternative(outcome<T>& o) {
  if constexpr (std::is_void_v<T>) {
    o.value();
    return V(std::in_place_index<I>);
  } else {
    return V(std::in_place_index<I>, o.value());
  }
}

template <class V, class Outcomes, std::size_t... I>
V winner_of(Outcomes& outcomes, std::size_t winner, std::index_sequence<I...>) {
  using take = V (*)(Outcomes&);
  static constexpr take table[] = {
      [](Outcomes& o) -> V { return as_alternative<V, I>(*std::get<I>(o)); }...,
  };
  return table[winner](outcomes);
}

template <wins_by How, class... Ts>
task<std::variant<alternative_t<Ts>...>> run_race(std::tuple<task<Ts>...> runners) {
  std::tuple<outcome_place<Ts>...> outcomes;
  finish_tape tape;
  {
    auto all = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return gather(run_in_race<Ts, How>(std::move(std::get<I>(runners)), std::get<I>(outcomes), tape, I)...);
    }(std::index_sequence_for<Ts...>());
    all.be_quiet();
    co_await std::move(all);
  }
  if (tape.winner() == finish_tape::none) {
    co_await cancelled_awaiter();
    throw_all(outcomes);
  }
  co_return winner_of<std::variant<alternative_t<Ts>...>>(outcomes, tape.winner(), std::index_sequence_for<Ts...>());
}

template <class T>
struct place_of {
  using type = std::pair<std::size_t, alternative_t<T>>;
};
template <>
struct place_of<void> {
  using type = std::size_t;
};

/// A race is started under a stop if one of its runners is.
template <wins_by How, class... Ts>
task<std::variant<alternative_t<Ts>...>> make_race(task<Ts>... runners) {
  const bool anyway = (runners.starts_anyway() || ...);
  return started_like(anyway, run_race<How, Ts...>(std::tuple<task<Ts>...>(std::move(runners)...)));
}

template <wins_by How, class T>
task<typename place_of<T>::type> run_race_of(std::vector<task<T>> runners) {
  if (runners.empty()) throw std::invalid_argument("magpie: a race of nothing has no winner: the range is empty");
  std::vector<outcome_place<T>> outcomes(runners.size());
  finish_tape tape;
  {
    std::vector<task<>> running;
    running.reserve(runners.size());
    for (std::size_t i = 0; i < runners.size(); ++i) {
      running.push_back(run_in_race<T, How>(std::move(runners[i]), outcomes[i], tape, i));
    }
    auto all = gather(std::move(running));
    all.be_quiet();
    co_await std::move(all);
  }
  if (tape.winner() == finish_tape::none) {
    co_await cancelled_awaiter();
    throw_all(outcomes);
  }
  if constexpr (std::is_void_v<T>) {
    outcomes[tape.winner()]->value();
    co_return tape.winner();
  } else {
    outcome<T>& won = *outcomes[tape.winner()];  // NOLINT(bugprone-unchecked-optional-access): who wins has one
    co_return typename place_of<T>::type(tape.winner(), won.value());
  }
}

template <wins_by How, class T>
task<typename place_of<T>::type> make_race_of(std::vector<task<T>> runners) {
  const bool anyway = std::ranges::any_of(runners, [](const task<T>& t) { return t.starts_anyway(); });
  return started_like(anyway, run_race_of<How, T>(std::move(runners)));
}

template <any_awaitable_range R>
std::vector<task<await_result_t<range_element_t<R>>>> tasks_of(R&& range) {
  std::vector<task<await_result_t<range_element_t<R>>>> tasks;
  if constexpr (std::ranges::sized_range<R>) tasks.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& element : range) {
    tasks.push_back(element_to_task(static_cast<range_element_t<R>&&>(element)));
  }
  return tasks;
}

}  // namespace detail

/// co_await race(a, b, ...) -> std::variant<T...>: the first to finish, with a value or an error; index() says which.
/// The others are stopped, and have ended, before it returns. void stands as std::monostate, T& as a reference_wrapper.
///
/// Stops: here; then all of them. Errors: the winner's; task_cancelled if the winner ended cancelled. Cost: two frames
/// more for each.
template <awaitable... A>
task<std::variant<detail::alternative_t<await_result_t<A>>...>> race(A&&... awaited) {
  static_assert(sizeof...(A) > 0, "magpie: a race of nothing has no winner");
  return detail::make_race<detail::wins_by::ending, await_result_t<A>...>(
      detail::to_task(static_cast<A&&>(awaited))...);
}

/// The same for a range of one type: its place in the range and the value; the place alone for void. Errors: also
/// std::invalid_argument if the range is empty.
template <detail::any_awaitable_range R>
task<typename detail::place_of<await_result_t<detail::range_element_t<R>>>::type> race(R&& range) {
  using T = await_result_t<detail::range_element_t<R>>;
  return detail::make_race_of<detail::wins_by::ending, T>(detail::tasks_of(static_cast<R&&>(range)));
}

/// co_await first_success(a, b, ...): as race(), but failures and cancelled ones drop out. Errors: if none succeeds, an
/// exception_group of all, in the order of the arguments; one that ended cancelled stands there as task_cancelled.
template <awaitable... A>
task<std::variant<detail::alternative_t<await_result_t<A>>...>> first_success(A&&... awaited) {
  static_assert(sizeof...(A) > 0, "magpie: of nothing, none can succeed");
  return detail::make_race<detail::wins_by::value, await_result_t<A>...>(detail::to_task(static_cast<A&&>(awaited))...);
}
template <detail::any_awaitable_range R>
task<typename detail::place_of<await_result_t<detail::range_element_t<R>>>::type> first_success(R&& range) {
  using T = await_result_t<detail::range_element_t<R>>;
  return detail::make_race_of<detail::wins_by::value, T>(detail::tasks_of(static_cast<R&&>(range)));
}

}  // namespace magpie
