#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/gather_block.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/errors.hpp>
#include <magpie/task.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace magpie {
namespace detail {

/// What a vector or pair holds for a result of type T.
template <class T>
using element_t =
    std::conditional_t<std::is_lvalue_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>;

/// What awaiting a range of T gives.
template <class T>
struct vector_of {
  using type = std::vector<element_t<T>>;
};
template <>
struct vector_of<void> {
  using type = void;
};

/// A container that is given away is taken apart; of anything else, what its iterators give is awaited.
template <class R>
using range_element_t = std::conditional_t<!std::is_lvalue_reference_v<R> && !std::ranges::view<std::remove_cvref_t<R>>,
                                           std::ranges::range_value_t<R>&&, std::ranges::range_reference_t<R>>;

template <class R>
concept any_awaitable_range = std::ranges::input_range<R> && !has_awaiter<R> && awaitable<range_element_t<R>>;
/// Not of borrowed handles only: gather_handles.hpp has these.
template <class R>
concept awaitable_range = any_awaitable_range<R> && !borrows_handle<range_element_t<R>>;
template <class... A>
concept gatherable = (awaitable<A> && ...) && (sizeof...(A) == 0 || (!borrows_handle<A> || ...));

/// A borrowed handle as one child among others. Specialised where handles are.
template <class A>
struct borrowed_child;

template <class A>
MAGPIE_INLINE task<await_result_t<A>> to_child(A&& a) {
  if constexpr (borrows_handle<A>) {
    return borrowed_child<A>::make(a);
  } else {
    return to_task(static_cast<A&&>(a));
  }
}

[[noreturn]] MAGPIE_EXPORT void throw_too_many_children();

/// What all gathers share: starting the children, and the end.
template <class Block>
class gather_awaiter : public native_awaiter, protected gather_root<Block> {
 public:
  bool await_ready() const noexcept { return this->counter.children() == 0; }

  /// For combinators, before it is awaited: that children end cancelled is what they want; it is no failure, and ends
  /// nobody else.
  void be_quiet() noexcept { own.set_mark(scope::quiet); }

 protected:
  explicit gather_awaiter(std::uint32_t count) noexcept : gather_root<Block>(count) {}
  using gather_root<Block>::own;
  using gather_root<Block>::error;

  /// Places the scope, and makes ready the entry.
  MAGPIE_INLINE void place(worker_context& w, task_coroutine h, scope* outer, std::uint64_t quiet_epoch) noexcept {
    this->parent = h;
    this->inside = &own;
    this->level = w.level;
    own.place(outer, quiet_epoch);
  }

  /// `first` was taken; behind it there are `more`.
  MAGPIE_INLINE std::coroutine_handle<> start(worker_context& w, task_coroutine first, bool more) noexcept {
    if (more && !fork(w, this)) [[unlikely]]
      first.promise().kind = role::held;
    return transfer(w, first);
  }

  /// The same under a stop, for the sake of those that start anyway: the others are dropped.
  MAGPIE_COLD std::coroutine_handle<> start_under_stop(task_coroutine h, scope* outer) noexcept {
    place(*current_worker, h, outer, scope::never_looked);
    return settle(stop_rest(this));
  }

  template <class Handles>
  static bool one_starts_anyway(const Handles& handles) noexcept {
    for (const task_coroutine h : handles) {
      if (h && h.promise().starts_anyway()) return true;
    }
    return false;
  }

  /// The first failure; or that a child ended itself as cancelled. (That others asked us to stop never comes here.)
  MAGPIE_INLINE void throw_failure() {
    if (own.marks() == 0) [[likely]]
      return;
    rethrow();
  }

 private:
  MAGPIE_COLD void rethrow() {
    if ((own.marks() & scope::failed) != 0) {
      const std::exception_ptr first = std::move(error);
      error.~exception_ptr();
      std::rethrow_exception(first);
    }
    if ((own.marks() & (scope::cancelled | scope::quiet)) == scope::cancelled) throw task_cancelled();
  }
};

}  // namespace detail

/// What gather(a, b, ...) returns.
template <class... Ts>
class [[nodiscard]] gather_of : public detail::gather_awaiter<detail::several_block> {
  using base = detail::gather_awaiter<detail::several_block>;

 public:
  MAGPIE_INLINE explicit gather_of(task<Ts>&&... tasks) : base(count_valid(tasks...)), handles_{tasks.take()...} {}
  /// Before it is awaited.
  gather_of(gather_of&& other) noexcept : base(sizeof...(Ts)), handles_(std::exchange(other.handles_, {})) {}
  gather_of& operator=(gather_of&&) = delete;
  MAGPIE_INLINE ~gather_of() {
    if (handles_[0]) [[unlikely]]
      drop();  // it was never started
  }

  /// Before it is awaited: whether one of them is started under a stop too.
  MAGPIE_COLD bool starts_anyway() const noexcept { return one_starts_anyway(handles_); }

  template <class Promise>
  MAGPIE_INLINE std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    detail::worker_context& w = *detail::current_worker;
    detail::promise_base& me = h.promise();
    detail::scope* outer = me.join->inside;
    if (!handles_[0]) [[unlikely]]
      detail::throw_used_task();
    const bool stopped = detail::stop_requested(w, outer);
    if (stopped && !starts_anyway()) [[unlikely]]
      return detail::transfer(w, detail::end_cancelled(me));
    wire_all(std::index_sequence_for<Ts...>());
    children = handles_.data();
    if (stopped) [[unlikely]]
      return detail::transfer(w, start_under_stop(detail::as_task_coroutine(h), outer));
    place(w, detail::as_task_coroutine(h), outer, w.quiet_epoch);
    counter.start_next();
    return start(w, std::exchange(handles_[0], {}), sizeof...(Ts) > 1);  // started: the destructor looks at this
  }

  MAGPIE_INLINE std::tuple<detail::stored_t<Ts>...> await_resume() {
    throw_failure();
    return results(std::index_sequence_for<Ts...>());
  }

 private:
  /// Before any of them is taken: all or none.
  MAGPIE_INLINE static std::uint32_t count_valid(const task<Ts>&... tasks) {
    if ((!tasks.valid() || ...)) [[unlikely]]
      detail::throw_used_task();
    return sizeof...(Ts);
  }
  MAGPIE_COLD void drop() noexcept {
    for (detail::task_coroutine h : handles_) h.destroy();
  }
  MAGPIE_INLINE void wire(detail::task_coroutine child, void* result, detail::role kind) noexcept {
    detail::promise_base& p = child.promise();
    p.join = this;
    p.result = result;
    p.kind = kind;
  }
  template <std::size_t... I>
  MAGPIE_INLINE void wire_all(std::index_sequence<I...>) noexcept {
    (wire(handles_[I], &std::get<I>(results_), I + 1 == sizeof...(Ts) ? detail::role::last : detail::role::member),
     ...);
  }
  template <std::size_t... I>
  MAGPIE_INLINE std::tuple<detail::stored_t<Ts>...> results(std::index_sequence<I...>) {
    return std::tuple<detail::stored_t<Ts>...>{std::get<I>(results_).take()...};
  }

  std::array<detail::task_coroutine, sizeof...(Ts)> handles_;
  std::tuple<detail::result_slot<Ts>...> results_;
};

template <>
class [[nodiscard]] gather_of<> : public detail::native_awaiter {
 public:
  gather_of() noexcept {}
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  std::tuple<> await_resume() const noexcept { return {}; }
};

/// What gather(range) returns.
template <class T>
class [[nodiscard]] gather_range : public detail::gather_awaiter<detail::range_block> {
  using base = detail::gather_awaiter<detail::range_block>;

 public:
  explicit gather_range(std::vector<detail::task_coroutine> handles)
      : base(static_cast<std::uint32_t>(handles.size())), handles_(std::move(handles)) {}
  /// Before it is awaited.
  gather_range(gather_range&& other) noexcept : base(other.counter.children()), handles_(std::move(other.handles_)) {}
  gather_range& operator=(gather_range&&) = delete;
  ~gather_range() {
    if (handles_.empty() || !handles_[0]) return;
    for (detail::task_coroutine h : handles_) h.destroy();  // it was never started
  }

  /// Before it is awaited: whether one of them is started under a stop too.
  MAGPIE_COLD bool starts_anyway() const noexcept { return one_starts_anyway(handles_); }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    detail::worker_context& w = *detail::current_worker;
    detail::promise_base& me = h.promise();
    detail::scope* outer = me.join->inside;
    if (handles_.empty() || !handles_[0]) [[unlikely]]
      detail::throw_used_task();
    const bool stopped = detail::stop_requested(w, outer);
    if (stopped && !starts_anyway()) [[unlikely]]
      return detail::transfer(w, detail::end_cancelled(me));
    values_ = std::make_unique<detail::result_slot<T>[]>(handles_.size());
    results = reinterpret_cast<char*>(values_.get());
    stride = sizeof(detail::result_slot<T>);
    error_place = &error;
    children = handles_.data();
    if (stopped) [[unlikely]]
      return detail::transfer(w, start_under_stop(detail::as_task_coroutine(h), outer));
    place(w, detail::as_task_coroutine(h), outer, w.quiet_epoch);
    const detail::task_coroutine first = take_next();
    return start(w, first, handles_.size() > 1);
  }

  typename detail::vector_of<T>::type await_resume() {
    throw_failure();
    if constexpr (!std::is_void_v<T>) {
      std::vector<detail::element_t<T>> values;
      values.reserve(handles_.size());
      for (std::size_t i = 0; i < handles_.size(); ++i) values.push_back(values_[i].take());
      return values;
    }
  }

 private:
  std::vector<detail::task_coroutine> handles_;
  std::unique_ptr<detail::result_slot<T>[]> values_;
};

/// Runs all of them at once and gives their results, in the order of the arguments, as a tuple. `void` stands as
/// std::monostate.
///
/// Stops: here; a stop ends all of them. A handle that is given away is a child like others: its task is cancelled and
/// joined. One that is borrowed is waited for: its task runs on if another child fails, and is cancelled if the gather
/// is. Errors: the first failure in time, after the others were stopped and all have ended; task_cancelled if one ended
/// cancelled by itself; std::bad_alloc at the call. Cost: no allocation beside the children's frames; nothing atomic is
/// contended unless a worker steals.
template <class... A>
  requires detail::gatherable<A...>
MAGPIE_INLINE gather_of<await_result_t<A>...> gather(A&&... awaited) {
  return gather_of<await_result_t<A>...>(detail::to_child(static_cast<A&&>(awaited))...);
}

/// The same for a range of one type: a container that is given away, or a view. Gives a vector, nothing for void.
/// Errors: also std::length_error above 2^30 - 1 children. Cost: two allocations.
template <detail::awaitable_range R>
gather_range<await_result_t<detail::range_element_t<R>>> gather(R&& range) {
  using T = await_result_t<detail::range_element_t<R>>;
  std::vector<task<T>> tasks;
  if constexpr (std::ranges::sized_range<R>) tasks.reserve(static_cast<std::size_t>(std::ranges::size(range)));
  for (auto&& element : range) {
    tasks.push_back(detail::element_to_task(static_cast<detail::range_element_t<R>&&>(element)));
  }
  if (tasks.size() >= static_cast<std::size_t>(detail::join_counter<>::most)) detail::throw_too_many_children();
  std::vector<detail::task_coroutine> handles;
  handles.reserve(tasks.size());
  for (task<T>& t : tasks) {
    if (!t.valid()) detail::throw_used_task();
  }
  for (task<T>& t : tasks) handles.push_back(t.take());
  return gather_range<T>(std::move(handles));
}

}  // namespace magpie

// The rest of the family.
#include <magpie/gather_handles.hpp>
#include <magpie/gather_outcomes.hpp>
#include <magpie/limited_gather.hpp>
