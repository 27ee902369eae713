#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/spawn/spawned.hpp>
#include <magpie/task.hpp>

#include <coroutine>
#include <utility>

/// A handle that was given away, to a combinator for example: its task is cancelled and joined with the new owner.
namespace magpie::detail {

/// Until the task has ended or the one who waits is stopped.
class owned_wait final : public handle_wait {
 public:
  explicit owned_wait(spawned_base* awaited) : handle_wait(awaited) {}
  void await_resume() { rethrow_refusal(); }

 private:
  bool outlives_stop() const noexcept override { return true; }
};

/// Until the task has ended, whatever stops come: for one who has cancelled it.
class join_wait final : public native_awaiter, private suspended_task, private arrival {
 public:
  explicit join_wait(spawned_base* awaited) noexcept : arrival(on_arrival), awaited_(awaited) {}

  bool await_ready() const noexcept { return awaited_->own.done.has_fired(); }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    worker_context& w = *current_worker;
    hold(h);
    home_ = &w.home;
    return transfer(w, publish());
  }
  void await_resume() const noexcept {}

 private:
  // noinline: once it is published, another worker may run the task, and free its frame.
  MAGPIE_NOINLINE std::coroutine_handle<> publish() noexcept {
    const std::coroutine_handle<> me = task();
    if (awaited_->own.done.attach(this) == source_word<arrival>::attached::yes) return std::noop_coroutine();
    return me;
  }
  static void on_arrival(arrival* a) noexcept {
    auto* const self = static_cast<join_wait*>(a);
    self->home_->enqueue(*self, placement::next);
  }

  spawned_base* awaited_;
  executor* home_ = nullptr;
};

template <class T>
task<T> join_owned(join_handle<T> handle) {
  co_await owned_wait(handle_access::task(handle));
  if (handle.cancel()) co_await join_wait(handle_access::task(handle));
  co_return handle.get();
}

/// co_await: as awaiting the handle, but a stop cancels its task, and waits for it.
template <class T>
task<T> await_owned(join_handle<T> handle) {
  return started_like(true, join_owned(std::move(handle)));
}

template <class T>
struct keeper<join_handle<T>> {
  static task<T> make(join_handle<T>&& handle) { return await_owned(std::move(handle)); }
};

}  // namespace magpie::detail
