#pragma once

#include <magpie/base/assert.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/task_fwd.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace magpie {

namespace detail {

/// How a frame is given back at the end of its task. `directly`: nothing in it needs a destructor any more, for its
/// parameters need none, so it goes straight to the free list, and the call of destroy() is saved
/// (docs/design/0003-direct-free.md).
enum class freed : bool { by_destroy, directly };

/// What a task does at its end: it frees its own frame, then tells its join point, for the join may free the parent's.
template <freed How>
struct final_awaiter {
  final_awaiter() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  MAGPIE_INLINE std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
    join_point* join = h.promise().join;
    const role kind = h.promise().kind;
    if constexpr (How == freed::directly) {
      const std::uint32_t c = h.promise().frame_class;
      if (c < frame_cache::marks) [[likely]] {
        thread_frames->give_fine(h.address(), c);
      } else {
        h.destroy();
      }
    } else {
      h.destroy();
    }
    worker_context& w = *current_worker;
    return transfer(w, settle(after_end(w, join, kind)));
  }
  void await_resume() const noexcept {}
};

template <class T, freed How>
struct promise_common : promise_base {
  promise_common() noexcept { frame_class = How == freed::directly ? noted_frame_class : frame_cache::no_class; }

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
  final_awaiter<How> final_suspend() noexcept { return {}; }

  void unhandled_exception() noexcept {
    slot().clear();  // a local's destructor may have thrown after co_return
    note_failure(join, kind);
  }

  template <class A>
    requires awaitable<A>
  MAGPIE_INLINE decltype(auto) await_transform(A&& a) {
    return native_awaiter_for<A>::make(static_cast<A&&>(a));
  }
  template <class A>
    requires(!awaitable<A>)
  void await_transform(A&&) {
    static_assert(always_false<A>,
                  "magpie: this cannot be awaited. A task, and what a combinator returns, is awaited once and as an "
                  "rvalue: co_await f(), or co_await std::move(t)");
  }

  static void* operator new(std::size_t bytes) {
    if constexpr (How == freed::directly) {
      return allocate_noted_frame(bytes);
    } else {
      return allocate_frame(bytes);
    }
  }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

 protected:
  // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): set by who awaits the task, before it starts
  result_slot<T>& slot() noexcept { return *static_cast<result_slot<T>*>(result); }
  void remember_address() noexcept {
#if MAGPIE_GCC
    join = promise_address();
#endif
  }

 private:
  join_point* promise_address() noexcept { return reinterpret_cast<join_point*>(this); }
};

template <class T, freed How = freed::by_destroy>
struct promise final : promise_common<T, How> {
  task<T> get_return_object() noexcept;

  template <class U = T>
    requires std::convertible_to<U&&, T>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) {
    this->slot().fill(std::forward<U>(value));
  }
};

template <freed How>
struct promise<void, How> final : promise_common<void, How> {
  task<void> get_return_object() noexcept;
  void return_void() noexcept {}
};

}  // namespace detail
}  // namespace magpie
