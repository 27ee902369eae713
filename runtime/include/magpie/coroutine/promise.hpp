#pragma once

#include <magpie/base/assert.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace magpie {

template <class T>
class task;

namespace detail {

/// What a task does at its end: it frees its own frame, then tells its join point, for the join may free the parent's.
struct final_awaiter {
  final_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  MAGPIE_INLINE std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
    join_point* join = h.promise().join;
    const role kind = h.promise().kind;
    h.destroy();
    worker_context& w = *current_worker;
    return transfer(w, settle(after_end(w, join, kind)));
  }
  void await_resume() const noexcept {}
};

template <class T>
struct promise_common : promise_base {
  std::suspend_always initial_suspend() noexcept {
#if MAGPIE_GCC
    // PR106188: where a condition of an `if` holds a co_await and no local stands at the top of the function, GCC lays
    // the frame out twice, differently.
    if (join != promise_address()) [[unlikely]] {
      fatal("magpie: GCC (PR106188) has miscompiled a coroutine with `if (co_await ...)`: "
            "write `bool b = co_await ...; if (b)` instead");
    }
#endif
    return {};
  }
  final_awaiter final_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept {
    slot().clear();  // a local's destructor may have thrown after co_return
    note_failure(join, kind);
  }

  template <class A>
  requires awaitable<A> MAGPIE_INLINE decltype(auto) await_transform(A&& a) {
    return native_awaiter_for<A>::make(static_cast<A&&>(a));
  }
  template <class A>
  requires(!awaitable<A>) void await_transform(A&&) {
    static_assert(always_false<A>,
                  "magpie: this cannot be awaited. A task, and what a combinator returns, is awaited once and as an "
                  "rvalue: co_await f(), or co_await std::move(t)");
  }

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

 protected:
  result_slot<T>& slot() noexcept { return *static_cast<result_slot<T>*>(result); }
  void remember_address() noexcept {
#if MAGPIE_GCC
    join = promise_address();
#endif
  }

 private:
  join_point* promise_address() noexcept { return reinterpret_cast<join_point*>(this); }
};

template <class T>
struct promise final : promise_common<T> {
  task<T> get_return_object() noexcept;

  template <class U = T>
  requires std::convertible_to<U&&, T>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) {
    this->slot().fill(std::forward<U>(value));
  }
};

template <>
struct promise<void> final : promise_common<void> {
  task<void> get_return_object() noexcept;
  void return_void() noexcept {}
};

}  // namespace detail
}  // namespace magpie
