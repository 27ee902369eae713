#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/task_fwd.hpp>

#include <functional>
#include <type_traits>
#include <utility>

/// Whatever can be awaited, as a task: what combinators and spawn() store.
namespace magpie {

namespace detail {

template <class>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

/// The callable lives in this frame, so a coroutine lambda may use its captures until it ends.
template <class F>
task<await_result_t<F>> call_stored(F callable) {
  co_return co_await std::invoke(callable);
}

/// An rvalue is stored, an lvalue borrowed.
template <class A>
task<await_result_t<A>> await_stored(A awaited) {
  co_return co_await static_cast<A&&>(awaited);
}

/// What a combinator makes of a task that it was given is started under a stop if that one is.
template <class T>
task<T> started_like(bool anyway, task<T> made) {
  if (anyway) made.start_anyway();
  return made;
}

/// The task that keeps what is no task until it is awaited. Specialised where handles are.
template <class A>
struct keeper {
  static task<await_result_t<A>> make(A&& a) {
    bool anyway = false;
    if constexpr (requires { a.starts_anyway(); }) anyway = a.starts_anyway();
    return started_like(anyway, await_stored<A>(static_cast<A&&>(a)));
  }
};

template <class F>
constexpr void reject_unsafe_callable() {
#if MAGPIE_GCC_DESTROYS_TWICE
  static_assert(std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<std::remove_cvref_t<F>>,
                "magpie: GCC 12 destroys a temporary callable that owns something twice: name it `f`, then pass `f` "
                "(which copies it), or pass co_invoke(std::move(f))");
#endif
}

/// Of something that is no temporary of a co_await expression, as an element of a container.
template <class A>
  requires awaitable<A>
MAGPIE_INLINE task<await_result_t<A>> element_to_task(A&& a) {
  if constexpr (is_task<std::remove_cvref_t<A>>) {
    return task<await_result_t<A>>(static_cast<A&&>(a));
  } else if constexpr (awaitable_callable<A>) {
    return call_stored<std::decay_t<A>>(static_cast<A&&>(a));
  } else {
    return keeper<A>::make(static_cast<A&&>(a));
  }
}

template <class A>
  requires awaitable<A>
MAGPIE_INLINE task<await_result_t<A>> to_task(A&& a) {
  if constexpr (awaitable_callable<A>) reject_unsafe_callable<A>();
  return element_to_task(static_cast<A&&>(a));
}

template <awaitable_callable A>
struct native_awaiter_for<A> {
  static auto make(A&& a) { return to_task(static_cast<A&&>(a)).operator co_await(); }
};

}  // namespace detail

/// Calls `callable` with `arguments` when it is awaited, and awaits what that returns. All of them are stored with the
/// task, so a coroutine lambda with captures does not dangle: `spawn(co_invoke(std::move(f)))`. As with std::thread,
/// the arguments are moved into the call; std::ref passes a reference.
///
/// Errors: std::bad_alloc; what the callable throws, at the await. Cost: one frame more.
template <class F, class... Args>
  requires std::invocable<F&, Args...> && detail::has_awaiter<std::invoke_result_t<F&, Args...>>
task<await_result_t<std::invoke_result_t<F&, Args...>>> co_invoke(F callable, Args... arguments) {
  co_return co_await std::invoke(callable, std::move(arguments)...);
}

}  // namespace magpie
