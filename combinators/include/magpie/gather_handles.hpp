#pragma once

#include <magpie/base/config.hpp>
#include <magpie/errors.hpp>
#include <magpie/gather_several.hpp>
#include <magpie/handle_range.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/limit.hpp>
#include <magpie/outcome.hpp>
#include <magpie/range_results.hpp>
#include <magpie/shield.hpp>
#include <magpie/task.hpp>
#include <magpie/wait.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <ranges>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

/// Gathers of tasks that were started before: their handles are waited for, and no task is made for each.
namespace magpie {
namespace detail {

/// Waits until all have ended, or the first has failed or was cancelled; `alone` of them then. A stop ends the wait,
/// and is left to the caller.
template <class... Ts>
class [[nodiscard]] handles_gather final : public handles_wait {
 public:
  handles_gather(ends_by how, join_handle<Ts>&... handles) noexcept : handles_wait(how), handles_(handles...) {}

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

/// Borrowed handles that do not lie side by side: a list's, or those that a view lets through.
template <class T>
class scattered_handles {
 public:
  template <class R>
  explicit scattered_handles(R& range) {
    for (auto&& h : range) places_.push_back(std::addressof(h));
  }
  bool empty() const noexcept { return places_.empty(); }
  std::size_t size() const noexcept { return places_.size(); }
  join_handle<T>& operator[](std::size_t i) const noexcept { return *places_[i]; }

 private:
  std::vector<join_handle<T>*> places_;
};

template <class R>
concept lent_handles = handle_range<R> || (any_awaitable_range<R> && borrows_handle<range_element_t<R>>);
template <lent_handles R>
using lent_value_t = typename handle_value<std::remove_cvref_t<std::ranges::range_reference_t<R>>>::type;

template <lent_handles R>
auto handles_of(R&& range) {
  if constexpr (handle_range<R>) {
    return span_of(range);
  } else {
    return scattered_handles<lent_value_t<R>>(range);
  }
}

/// Handles: a span, or scattered_handles, that outlives the wait.
template <class Handles>
class [[nodiscard]] handles_gather_range final : public handles_wait {
 public:
  handles_gather_range(ends_by how, const Handles& handles) noexcept : handles_wait(how), handles_(handles) {}

  bool await_ready() {
    if (handles_.empty()) return true;
    open(handles_.size());
    for (std::size_t i = 0; i < handles_.size(); ++i) watch(handle_access::task(handles_[i]));
    return is_over();
  }
  std::size_t await_resume() {
    if (handles_.empty()) return 0;
    check();
    return finished();
  }

 private:
  const Handles& handles_;
};

template <class T>
bool has_value(join_handle<T>& h) noexcept {
  return handle_access::task(h)->end == ending::value;
}
template <class T>
bool was_cancelled(join_handle<T>& h) noexcept {
  return handle_access::task(h)->end == ending::cancelled;
}

template <class T>
stored_t<T> take_stored(join_handle<T>& h) {
  if constexpr (std::is_void_v<T>) {
    h.get();
    return {};
  } else {
    return h.get();
  }
}

enum class handles_are : bool { borrowed, owned };

/// What a gather over handles does when its wait is over. `Handles` applies a function to each handle, in order; `Wait`
/// makes the wait for all of them.
template <class Each, class WaitAll>
task<> cancel_and_join(handles_are whose, std::size_t first, Each each, WaitAll wait_all) {
  bool all_ended = true;
  bool one_failed = false;
  each([&](std::size_t i, auto& h) {
    if (!h.ready()) all_ended = false;
    if (i == first && h.ready() && !has_value(h)) one_failed = true;
  });
  if (all_ended || (one_failed && whose == handles_are::borrowed)) co_return;
  // Either a stop has ended the wait, which cancels all; or one of those that are ours has failed, which cancels the
  // rest.
  each([](std::size_t, auto& h) { h.cancel(); });
  co_await shield(wait_all());
}
template <class Each, class WaitAll>
task<> settle_handles(handles_are whose, std::size_t first, Each each, WaitAll wait_all) {
  return started_like(true, cancel_and_join(whose, first, each, wait_all));  // a stop is what it is for
}

/// The first in time that failed; else the first in order.
template <class Each>
std::size_t failed_of(std::size_t first, Each each) {
  std::size_t found = ~std::size_t{0};
  each([&](std::size_t i, auto& h) {
    if (!h.ready() || has_value(h)) return;
    if (i == first || (found == ~std::size_t{0} && !was_cancelled(h))) found = i;
  });
  if (found != ~std::size_t{0}) return found;
  each([&](std::size_t i, auto& h) {
    if (found == ~std::size_t{0} && h.ready() && !has_value(h)) found = i;
  });
  return found;
}

template <class T>
task<> rethrow_or_end(join_handle<T>& h) {
  if (was_cancelled(h)) co_await cancelled_awaiter();
  h.get();
}
/// Rethrows what the handle's task failed with, also under a stop; if it was cancelled because we are being stopped,
/// ends us too.
template <class T>
task<> rethrow_of(join_handle<T>& h) {
  return started_like(true, rethrow_or_end(h));
}

/// The scope around the gather whose child asks.
class outer_scope final : public native_awaiter {
 public:
  outer_scope() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    outer_ = h.promise().join->inside->parent();
    return transfer(*current_worker, h);
  }
  scope* await_resume() const noexcept { return outer_; }

 private:
  scope* outer_ = nullptr;
};

template <class T>
class cancel_with {
 public:
  cancel_with(scope* s, join_handle<T>& h) noexcept : scope_(s), handle_(h) {}
  cancel_with(const cancel_with&) = delete;
  cancel_with& operator=(const cancel_with&) = delete;
  ~cancel_with() {
    if (scope_->stop_requested()) handle_.cancel();
  }

 private:
  scope* scope_;
  join_handle<T>& handle_;
};

template <class T>
task<T> await_borrowed(join_handle<T>& handle) {
  scope* const around = co_await outer_scope();
  const cancel_with<T> guard(around, handle);
  co_return co_await handle;
}
template <class T>
struct borrowed_child<join_handle<T>&> {
  static task<T> make(join_handle<T>& handle) { return await_borrowed(handle); }
};

template <class... Ts>
task<std::tuple<stored_t<Ts>...>> gather_borrowed(join_handle<Ts>&... handles) {
  const auto each = [&](auto use) {
    std::size_t i = 0;
    (use(i++, handles), ...);
  };
  const std::size_t first = co_await handles_gather<Ts...>(ends_by::first_failure, handles...);
  const auto all = [&]() -> task<> { co_await handles_gather<Ts...>(ends_by::all_ended, handles...); };
  co_await settle_handles(handles_are::borrowed, first, each, all);
  if (const std::size_t failed = failed_of(first, each); failed != ~std::size_t{0}) {
    std::vector<task<>> rethrows;
    each([&](std::size_t i, auto& h) {
      if (i == failed) rethrows.push_back(rethrow_of(h));
    });
    co_await std::move(rethrows.front());
  }
  co_return std::tuple<stored_t<Ts>...>{take_stored(handles)...};
}

template <class T, class Handles>
task<typename vector_of<T>::type> gather_many(handles_are whose, Handles handles) {
  const auto each = [&](auto use) {
    for (std::size_t i = 0; i < handles.size(); ++i) use(i, handles[i]);
  };
  const std::size_t first = co_await handles_gather_range<Handles>(ends_by::first_failure, handles);
  const auto all = [&]() -> task<> { co_await handles_gather_range<Handles>(ends_by::all_ended, handles); };
  co_await settle_handles(whose, first, each, all);
  if (const std::size_t failed = failed_of(first, each); failed != ~std::size_t{0}) {
    co_await rethrow_of(handles[failed]);
  }
  if constexpr (std::is_void_v<T>) {
    each([](std::size_t, join_handle<T>& h) { h.get(); });
  } else {
    std::vector<element_t<T>> values;
    values.reserve(handles.size());
    each([&](std::size_t, join_handle<T>& h) { values.push_back(h.get()); });
    co_return values;
  }
}

template <class T>
task<typename vector_of<T>::type> gather_kept(std::vector<join_handle<T>> handles) {
  co_return co_await started_like(true, gather_many<T>(handles_are::owned, std::span(handles)));
}
template <class T>
task<typename vector_of<T>::type> gather_owned(std::vector<join_handle<T>> handles) {
  return started_like(true, gather_kept(std::move(handles)));  // under a stop, it cancels them
}

template <class... Ts>
task<std::tuple<outcome<Ts>...>> outcomes_of_borrowed(join_handle<Ts>&... handles) {
  const auto each = [&](auto use) {
    std::size_t i = 0;
    (use(i++, handles), ...);
  };
  static_cast<void>(co_await handles_gather<Ts...>(ends_by::all_ended, handles...));
  const auto all = [&]() -> task<> { co_await handles_gather<Ts...>(ends_by::all_ended, handles...); };
  co_await settle_handles(handles_are::borrowed, ~std::size_t{0}, each, all);
  if ((was_cancelled(handles) || ...)) co_await cancelled_awaiter();
  co_return std::tuple<outcome<Ts>...>{handles.take()...};
}

template <class T, class Handles>
task<std::vector<outcome<T>>> outcomes_of_many(Handles handles) {
  const auto each = [&](auto use) {
    for (std::size_t i = 0; i < handles.size(); ++i) use(i, handles[i]);
  };
  static_cast<void>(co_await handles_gather_range<Handles>(ends_by::all_ended, handles));
  const auto all = [&]() -> task<> { co_await handles_gather_range<Handles>(ends_by::all_ended, handles); };
  co_await settle_handles(handles_are::borrowed, ~std::size_t{0}, each, all);
  bool cancelled = false;
  each([&](std::size_t, join_handle<T>& h) { cancelled = cancelled || was_cancelled(h); });
  if (cancelled) co_await cancelled_awaiter();
  std::vector<outcome<T>> outcomes;
  outcomes.reserve(handles.size());
  each([&](std::size_t, join_handle<T>& h) { outcomes.push_back(h.take()); });
  co_return outcomes;
}

template <class T>
task<std::vector<outcome<T>>> outcomes_of_kept(std::vector<join_handle<T>> handles) {
  co_return co_await started_like(true, outcomes_of_many<T>(std::span(handles)));
}
template <class T>
task<std::vector<outcome<T>>> outcomes_of_owned(std::vector<join_handle<T>> handles) {
  return started_like(true, outcomes_of_kept(std::move(handles)));
}

}  // namespace detail

/// gather() over handles that somebody else keeps: waits for their tasks and takes the results. The first failure is
/// rethrown at once, and only its result is taken; the other tasks run on, and belong to their owner as before. A stop
/// of the gather cancels all of them, and ends it when they have ended. Errors: also those of awaiting a handle.
template <class... Ts>
  requires(sizeof...(Ts) > 0)
task<std::tuple<detail::stored_t<Ts>...>> gather(join_handle<Ts>&... handles) {
  return detail::gather_borrowed(handles...);
}
template <detail::lent_handles R>
task<typename detail::vector_of<detail::lent_value_t<R>>::type> gather(R&& handles) {
  return detail::gather_many<detail::lent_value_t<R>>(detail::handles_are::borrowed, detail::handles_of(handles));
}
template <detail::lent_handles R>
task<typename detail::vector_of<detail::lent_value_t<R>>::type> gather(limit, R&& handles) {
  return gather(static_cast<R&&>(handles));
}
/// The same over handles that are given away: the others are cancelled and have ended before a failure is rethrown. A
/// limit is of no use here: the tasks have started.
template <class T>
task<typename detail::vector_of<T>::type> gather(std::vector<join_handle<T>>&& handles) {
  return detail::gather_owned(std::move(handles));
}
template <class T>
task<typename detail::vector_of<T>::type> gather(limit, std::vector<join_handle<T>>&& handles) {
  return detail::gather_owned(std::move(handles));
}

/// gather_outcomes() over handles: waits for all, and takes all results.
template <class... Ts>
  requires(sizeof...(Ts) > 0)
task<std::tuple<outcome<Ts>...>> gather_outcomes(join_handle<Ts>&... handles) {
  return detail::outcomes_of_borrowed(handles...);
}
template <detail::lent_handles R>
task<std::vector<outcome<detail::lent_value_t<R>>>> gather_outcomes(R&& handles) {
  return detail::outcomes_of_many<detail::lent_value_t<R>>(detail::handles_of(handles));
}
template <detail::lent_handles R>
task<std::vector<outcome<detail::lent_value_t<R>>>> gather_outcomes(limit, R&& handles) {
  return gather_outcomes(static_cast<R&&>(handles));
}
template <class T>
task<std::vector<outcome<T>>> gather_outcomes(std::vector<join_handle<T>>&& handles) {
  return detail::outcomes_of_owned(std::move(handles));
}
template <class T>
task<std::vector<outcome<T>>> gather_outcomes(limit, std::vector<join_handle<T>>&& handles) {
  return detail::outcomes_of_owned(std::move(handles));
}

}  // namespace magpie
