#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/gather_block.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/gather_awaiter.hpp>
#include <magpie/task.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace magpie {

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

}  // namespace magpie
