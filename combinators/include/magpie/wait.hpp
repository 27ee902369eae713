#pragma once

#include <magpie/base/config.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/timed_wait.hpp>
#include <magpie/handle_range.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/spawn/spawned.hpp>

#include <array>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

namespace magpie {

/// When a wait is over: one task has ended; one has failed (a cancelled one has not), or all have ended; all have.
enum class return_when : std::uint8_t { first_completed, first_exception, all_completed };

/// The handles that were waited for, in the order given: those whose tasks have ended, and the others.
template <class T>
struct wait_result {
  std::span<join_handle<T>> done;
  std::span<join_handle<T>> pending;
};

namespace detail {

/// When the wait of a gather is over. A stop is left to the gather: it goes on, and finds that not all have ended.
enum class ends_by : std::uint8_t { first_failure, all_ended };

/// Waits for several handles: whatever does not depend on their types. It takes nothing from them.
class MAGPIE_EXPORT handles_wait : public borrowing_awaiter, private timed_wait {
 public:
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend_timed(h, static_cast<std::uint32_t>(count_));
  }

 protected:
  handles_wait(return_when until, time_limit limit) noexcept : timed_wait(limit), until_(until) {}
  /// For a gather.
  explicit handles_wait(ends_by how) noexcept
      : timed_wait(time_limit()),
        until_(return_when::all_completed),
        gathers_(true),
        fails_fast_(how == ends_by::first_failure) {}
  /// Before it is awaited.
  handles_wait(handles_wait&& other) noexcept : handles_wait(other.until_, other.limit()) {}
  ~handles_wait();

  // await_ready(), in this order. Errors: std::invalid_argument for no handles; usage_error for an invalid one, one
  // that somebody else waits on, or too many; std::bad_alloc.
  void open(std::size_t count);
  void watch(spawned_base* task);
  [[nodiscard]] bool is_over() noexcept;

  // await_resume().
  /// Errors: what kept the wait from beginning.
  void check() { rethrow_refusal(); }
  /// The number of a handle whose task has ended, if any had to.
  std::size_t finished() const noexcept { return found_ != none ? found_ : winner(); }
  /// Decides which tasks have ended, for ended(). Returns how many. Errors: usage_error if somebody else waits by now.
  std::size_t decide();
  bool ended(std::size_t i) const noexcept { return nodes_[i].ended; }
  spawned_base* task(std::size_t i) const noexcept { return nodes_[i].task; }

 private:
  /// How the end of a task finds us.
  struct node final : arrival {
    explicit node(spawned_base* t) noexcept : arrival(on_arrival), task(t) {}
    spawned_base* task;
    handles_wait* waiter = nullptr;  // while attached
    bool ended = false;
  };
  static constexpr std::size_t few = 6;  // so many nodes need no allocation
  static constexpr std::size_t none = ~std::size_t{0};

  void attach() noexcept override;
  std::uint32_t detach() noexcept override;
  bool obtained() noexcept override { return false; }
  bool outlives_stop() const noexcept override { return gathers_; }
  const char* waits_for() const noexcept override { return "join_handles"; }
  static void on_arrival(arrival* a) noexcept;
  /// One task has ended: is the wait over? Once for each.
  bool ends_wait(const spawned_base& task) noexcept;

  const return_when until_;
  const bool gathers_ = false;
  const bool fails_fast_ = false;
  std::size_t capacity_ = 0;
  std::size_t count_ = 0;
  std::size_t found_ = none;
  node* nodes_ = nullptr;
  atomics::atomic<std::size_t> unfinished_{0};
  alignas(node) std::array<std::byte, few * sizeof(node)> room_;
};

template <class T>
class [[nodiscard]] wait_awaiter final : public handles_wait {
 public:
  wait_awaiter(std::span<join_handle<T>> handles, return_when until, time_limit limit) noexcept
      : handles_wait(until, limit), handles_(handles) {}
  wait_awaiter(wait_awaiter&& other) noexcept : handles_wait(std::move(other)), handles_(other.handles_) {}

  bool await_ready() {
    open(handles_.size());
    for (join_handle<T>& h : handles_) watch(handle_access::task(h));
    return is_over();
  }
  wait_result<T> await_resume() {
    check();
    const std::size_t done = decide();
    std::size_t next_done = 0;
    std::size_t next_pending = done;
    for (std::size_t i = 0; i < handles_.size(); ++i) {
      join_handle<T>& place = handles_[ended(i) ? next_done++ : next_pending++];
      handle_access::task(place) = static_cast<spawned<T>*>(task(i));
    }
    return {handles_.first(done), handles_.subspan(done)};
  }

 private:
  std::span<join_handle<T>> handles_;
};

template <class T>
class [[nodiscard]] wait_any_awaiter final : public handles_wait {
 public:
  explicit wait_any_awaiter(std::span<join_handle<T>> handles) noexcept
      : handles_wait(return_when::first_completed, time_limit()), handles_(handles) {}
  wait_any_awaiter(wait_any_awaiter&& other) noexcept : handles_wait(std::move(other)), handles_(other.handles_) {}

  bool await_ready() {
    open(handles_.size());
    for (join_handle<T>& h : handles_) watch(handle_access::task(h));
    return is_over();
  }
  std::size_t await_resume() {
    check();
    return finished();
  }

 private:
  std::span<join_handle<T>> handles_;
};

template <class... Ts>
class [[nodiscard]] wait_any_of_awaiter final : public handles_wait {
 public:
  explicit wait_any_of_awaiter(join_handle<Ts>&... handles) noexcept
      : handles_wait(return_when::first_completed, time_limit()), handles_(handles...) {}
  wait_any_of_awaiter(wait_any_of_awaiter&& other) noexcept
      : handles_wait(std::move(other)), handles_(other.handles_) {}

  bool await_ready() {
    open(sizeof...(Ts));
    std::apply([this](join_handle<Ts>&... h) { (watch(handle_access::task(h)), ...); }, handles_);
    return is_over();
  }
  std::size_t await_resume() {
    check();
    return finished();
  }

 private:
  std::tuple<join_handle<Ts>&...> handles_;
};

}  // namespace detail

/// co_await wait(handles, until) -> wait_result<T>: waits until one or all of the tasks have ended. The handles are
/// partitioned in place, those done first, otherwise in the order given; whoever has ended when the waiter goes on is
/// done, so these may be more than it took. Nothing of a task is taken or thrown, and `pending` can be waited on again.
///
/// `handles`: a contiguous range of join_handle<T>, an lvalue or a span, that outlives the wait. Stops: here; a stop
/// leaves the tasks alone. Errors, at the await: std::invalid_argument for no handles; usage_error if one is invalid or
/// is waited on by somebody else; std::bad_alloc. Cost: linear in the number of handles, once; constant for each task
/// that ends; at most one recycled allocation.
template <detail::handle_range R>
detail::wait_awaiter<detail::handle_value_t<R>> wait(R&& handles, return_when until = return_when::all_completed) {
  return {detail::span_of(handles), until, detail::time_limit()};
}

/// co_await wait_for(handles, duration, until) -> wait_result<T>: the same, until so much time has passed since the
/// await at most. That throws nothing and cancels nothing. Nothing, or less: looks without waiting. Durations saturate.
///
/// Errors: as wait(); std::system_error if the runtime's timer thread cannot be started. Cost: as wait(), and arming a
/// timer.
template <detail::handle_range R, class Rep, class Period>
detail::wait_awaiter<detail::handle_value_t<R>> wait_for(R&& handles, std::chrono::duration<Rep, Period> length,
                                                         return_when until = return_when::all_completed) {
  return {detail::span_of(handles), until, detail::time_limit(detail::saturated(length))};
}

/// co_await wait_until(handles, time, until) -> wait_result<T>: the same, with a time; `never` sets no limit.
template <detail::handle_range R>
detail::wait_awaiter<detail::handle_value_t<R>> wait_until(R&& handles, clock::time_point deadline,
                                                           return_when until = return_when::all_completed) {
  return {detail::span_of(handles), until, detail::time_limit(deadline)};
}

/// Not for one awaitable.
template <awaitable A, class Duration>
  requires(!detail::handle_range<A>)
auto wait_for(A&&, Duration) {
  static_assert(detail::always_false<A>,
                "magpie: wait_for takes handles; for one awaitable use with_timeout(duration, awaitable)");
}
template <awaitable A, class Time>
  requires(!detail::handle_range<A>)
auto wait_until(A&&, Time) {
  static_assert(detail::always_false<A>,
                "magpie: wait_until takes handles; for one awaitable use with_deadline(time, awaitable)");
}

/// co_await wait_any(handles) -> std::size_t: the index of one whose task has ended, the lowest if several had when the
/// wait began, else the first to end. Nothing is reordered. Stops, errors and cost: as wait().
template <detail::handle_range R>
detail::wait_any_awaiter<detail::handle_value_t<R>> wait_any(R&& handles) {
  return detail::wait_any_awaiter<detail::handle_value_t<R>>(detail::span_of(handles));
}

/// co_await wait_any(h1, h2, ...) -> std::size_t: the same for handles of different types.
template <class... Ts>
  requires(sizeof...(Ts) > 0)
detail::wait_any_of_awaiter<Ts...> wait_any(join_handle<Ts>&... handles) {
  return detail::wait_any_of_awaiter<Ts...>(handles...);
}

}  // namespace magpie
