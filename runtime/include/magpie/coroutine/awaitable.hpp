#pragma once

#include <magpie/base/config.hpp>

#include <concepts>
#include <coroutine>
#include <functional>
#include <type_traits>
#include <utility>

/// What can be awaited in a task, and what comes out of it.
namespace magpie {
namespace detail {

template <class>
inline constexpr bool always_false = false;

/// The base of magpie's own awaiters: they know promises, scopes and workers. All others are foreign.
struct native_awaiter {};
/// One that refers to what belongs to its caller, handles for example: it must not outlive the call, so it cannot be
/// spawned.
struct borrowing_awaiter : native_awaiter {};

template <class A>
concept awaiter = requires(A& a, std::coroutine_handle<> h) {
  { a.await_ready() } -> std::convertible_to<bool>;
  a.await_resume();
};
template <class A>
concept has_member_co_await = requires(A&& a) { static_cast<A&&>(a).operator co_await(); };
template <class A>
concept has_free_co_await = requires(A&& a) { operator co_await(static_cast<A&&>(a)); };

/// An awaiter of magpie's own is awaited once, as an rvalue.
template <class A>
concept is_awaiter_itself =
    awaiter<std::remove_reference_t<A>> &&
    !(std::is_lvalue_reference_v<A> && std::derived_from<std::remove_reference_t<A>, native_awaiter>);

template <class A>
concept has_awaiter = has_member_co_await<A> || has_free_co_await<A> || is_awaiter_itself<A>;

template <has_awaiter A>
decltype(auto) get_awaiter(A&& a) {
  if constexpr (has_member_co_await<A>) {
    return static_cast<A&&>(a).operator co_await();
  } else if constexpr (has_free_co_await<A>) {
    return operator co_await(static_cast<A&&>(a));
  } else {
    return static_cast<A&&>(a);
  }
}

template <class A>
using awaiter_t = std::remove_reference_t<decltype(get_awaiter(std::declval<A>()))>;

template <class A>
concept native = has_awaiter<A> && std::derived_from<awaiter_t<A>, native_awaiter>;

/// A callable that returns something with an awaiter; it is called when it is awaited.
template <class A>
concept awaitable_callable =
    !has_awaiter<A> && std::invocable<std::decay_t<A>&> && has_awaiter<std::invoke_result_t<std::decay_t<A>&>>;

template <class A>
struct await_result;
template <has_awaiter A>
struct await_result<A> {
  using type = decltype(std::declval<awaiter_t<A>&>().await_resume());
};
template <awaitable_callable A>
struct await_result<A> : await_result<std::invoke_result_t<std::decay_t<A>&>> {};

#if MAGPIE_GCC
/// Stands for an awaiter that must not move: GCC 12 would copy one that await_transform returns by reference.
template <class Awaiter>
class awaiter_reference {
 public:
  explicit awaiter_reference(Awaiter& a) noexcept : awaiter_(a) {}
  MAGPIE_INLINE bool await_ready() { return awaiter_.await_ready(); }
  template <class Promise>
  MAGPIE_INLINE auto await_suspend(std::coroutine_handle<Promise> h) noexcept(
      noexcept(std::declval<Awaiter&>().await_suspend(h))) {
    return awaiter_.await_suspend(h);
  }
  MAGPIE_INLINE decltype(auto) await_resume() { return awaiter_.await_resume(); }

 private:
  Awaiter& awaiter_;
};
template <class Awaiter>
awaiter_reference<Awaiter> awaiter_in_place(Awaiter& a) noexcept {
  return awaiter_reference<Awaiter>(a);
}
#else
template <class Awaiter>
Awaiter& awaiter_in_place(Awaiter& a) noexcept {
  return a;
}
#endif

/// Makes magpie's own awaiter of whatever can be awaited. Specialised where the means are (foreign.hpp, co_invoke.hpp).
template <class A>
struct native_awaiter_for;
template <native A>
struct native_awaiter_for<A> {
  static decltype(auto) make(A&& a) {
    if constexpr (is_awaiter_itself<A>) {
      return awaiter_in_place(a);
    } else {
      return get_awaiter(static_cast<A&&>(a));
    }
  }
};

/// A join_handle that somebody else keeps. Specialised where handles are.
template <class A>
inline constexpr bool borrows_handle = false;

}  // namespace detail

/// Whatever may stand behind co_await in a task: a task, a handle, what a combinator returns, a callable that returns
/// one of these, or any type with an awaiter.
template <class A>
concept awaitable = detail::has_awaiter<A> || detail::awaitable_callable<A>;

/// What co_await of it gives.
template <awaitable A>
using await_result_t = typename detail::await_result<A>::type;

}  // namespace magpie
