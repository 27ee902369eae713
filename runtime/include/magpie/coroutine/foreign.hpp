#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace magpie::detail {

/// What a foreign awaiter gets instead of the task's handle: resumed on whichever thread, it sends the task home.
class homing_pigeon {
 public:
  struct promise_type {
    homing_pigeon get_return_object() noexcept { return homing_pigeon(handle::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }
  };
  using handle = std::coroutine_handle<promise_type>;

  homing_pigeon(homing_pigeon&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  homing_pigeon& operator=(homing_pigeon&&) = delete;
  ~homing_pigeon() {
    if (handle_) handle_.destroy();
  }

  handle get() const noexcept { return handle_; }
  /// It is in the hands of the foreign awaiter, and frees itself when it has flown.
  void give_away() noexcept { handle_ = {}; }

  static homing_pigeon make(executor& home, runnable& task) {
    home.enqueue(task, placement::next);
    co_return;
  }

 private:
  explicit homing_pigeon(handle h) noexcept : handle_(h) {}
  handle handle_;
};

/// co_await of a type with a standard awaiter. Cost: one small frame if it suspends.
template <class Awaiter>
class foreign_awaiter : public native_awaiter, private suspended_task {
 public:
  /// Takes what makes the awaiter, so that an awaiter that cannot be moved is made in place.
  template <class Make>
  explicit foreign_awaiter(Make make) : inner_(make()) {}

  bool await_ready() { return static_cast<bool>(inner_.await_ready()); }

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    if (stop_requested(w, me.join->inside)) [[unlikely]]
      return transfer(w, end_cancelled(me));
    hold(h);
    return transfer(w, publish(*this, w.home));
  }

  decltype(auto) await_resume() { return inner_.await_resume(); }

 private:
  // noinline, and only locals after the call: once the pigeon is given, another thread may run the task and free
  // `self`.
  MAGPIE_NOINLINE static std::coroutine_handle<> publish(foreign_awaiter& self, executor& home) {
    homing_pigeon pigeon = homing_pigeon::make(home, self);
    const std::coroutine_handle<> task = self.task();
    const auto flight = pigeon.get();
    using result = decltype(self.inner_.await_suspend(flight));
    if constexpr (std::is_void_v<result>) {
      offer(pigeon, [&] { self.inner_.await_suspend(flight); });
      return std::noop_coroutine();
    } else if constexpr (std::is_same_v<result, bool>) {
      bool suspended = true;
      offer(pigeon, [&] { suspended = self.inner_.await_suspend(flight); });
      if (suspended) return std::noop_coroutine();
      flight.destroy();
      return task;
    } else {
      std::coroutine_handle<> next;
      offer(pigeon, [&] { next = self.inner_.await_suspend(flight); });
      return next;
    }
  }

  /// Gives the pigeon away for the time of the call, and for good unless it throws: then the task was not suspended.
  template <class Call>
  static void offer(homing_pigeon& pigeon, Call call) {
    const auto flight = pigeon.get();
    pigeon.give_away();
    try {
      call();
    } catch (...) {
      flight.destroy();
      throw;
    }
  }

  Awaiter inner_;
};

template <class A>
  requires(has_awaiter<A> && !native<A>)
struct native_awaiter_for<A> {
  // An awaiter that stands somewhere, in the co_await expression at the latest, is used there; else it is made in
  // place.
  static constexpr bool in_place = !std::is_reference_v<decltype(get_awaiter(std::declval<A>()))>;

  static auto make(A&& a) {
    if constexpr (in_place) {
      return foreign_awaiter<awaiter_t<A>>([&] { return get_awaiter(static_cast<A&&>(a)); });
    } else {
      return foreign_awaiter<awaiter_t<A>&>([&]() -> awaiter_t<A>& {
        auto&& standing = get_awaiter(static_cast<A&&>(a));
        return standing;
      });
    }
  }
};

}  // namespace magpie::detail
