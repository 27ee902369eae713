#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/gather_block.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/errors.hpp>
#include <magpie/task.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <ranges>
#include <type_traits>
#include <utility>

/// What a gather takes, and what all gathers share.
namespace magpie {
namespace detail {

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
}  // namespace magpie
