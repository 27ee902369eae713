#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/shielded_scope.hpp>
#include <magpie/coroutine/stop_token.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/errors.hpp>
#include <magpie/group_state.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/limit.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace magpie {

struct task_group_options {
  /// How many children run at a time; the others wait in the order in which they were spawned.
  magpie::limit limit = unlimited;
  /// What a failure means for the other children and the body.
  on_error policy = on_error::cancel_rest;
  /// For messages. Copied.
  std::string_view name = {};
};

namespace detail {

[[noreturn]] MAGPIE_EXPORT void throw_group_ended();
[[noreturn]] MAGPIE_EXPORT void throw_join_outside();
[[noreturn]] MAGPIE_EXPORT void throw_join_too_late();

/// The handle of a task that was cancelled before it could start.
template <class T>
join_handle<T> never_started(std::unique_ptr<spawned<T>> s) noexcept {
  arrival* nobody = nullptr;
  s->end = ending::cancelled;
  static_cast<void>(s->own.done.fire(nobody));
  return make_handle(s.release());
}

/// co_await group.join().
class group_join final : public native_awaiter, private group_joiner {
 public:
  explicit group_join(group_state& g) noexcept : group_joiner(go_on), group_(g) {}
  /// Before it is awaited.
  group_join(group_join&& other) noexcept : native_awaiter(), group_joiner(go_on), group_(other.group_) {}
  group_join& operator=(group_join&&) = delete;

  bool await_ready() {
    once_.begin();
    return false;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    if (stop_requested(w, me.join->inside)) [[unlikely]]
      return transfer(w, end_cancelled(me));
    const scope* s = me.join->inside;
    while (s != nullptr && s != &group_.body && s != &group_.within) s = scope_around(*s);
    if (s == &group_.within) throw_join_outside();
    hold(h);
    return transfer(w, publish());
  }
  void await_resume() const noexcept {}

 private:
  // noinline: once it is published, another worker may run the task, and free its frame.
  MAGPIE_NOINLINE std::coroutine_handle<> publish() {
    const std::coroutine_handle<> me = task();
    switch (group_.wait_for_children(*this, current_worker->places)) {
      case group_state::joining::waits:
        return std::noop_coroutine();  // *this may be gone
      case group_state::joining::none_is_left:
        break;
      case group_state::joining::has_ended:
        throw_join_too_late();
    }
    return me;
  }
  /// A stop reached the children, and they have ended.
  static std::coroutine_handle<> go_on(runnable* r) noexcept {
    const task_coroutine me = come_back(r);
    if (stop_requested(*current_worker, me.promise().join->inside)) return end_cancelled(me.promise());
    return me;
  }

  group_state& group_;
  awaited_once once_;
};

}  // namespace detail

/// A handle to a group of tasks that end before the scope which made it: see with_task_group(). Copies may outlive the
/// scope; then they start nothing any more. Threads: any, for all members but join().
class task_group {
 public:
  /// For with_task_group().
  explicit task_group(detail::group_state* s) noexcept : state_(s) {}
  task_group(const task_group& other) noexcept : state_(other.state_) { state_->add_reference(); }
  task_group& operator=(task_group other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~task_group() { state_->drop_reference(); }

  /// Starts a child. A callable is stored with its task, so captures do not dangle. Under a stop it is not run, and its
  /// handle is cancelled: at once, if the group itself was. Errors: usage_error after the scope has ended, or while the
  /// runtime does (the frame is destroyed); std::bad_alloc, and nothing was started. Cost: one recycled allocation
  /// beside the task's frame.
  template <awaitable A>
  join_handle<await_result_t<A>> spawn(A&& awaited, spawn_options options = {}) const {
    static_assert(!detail::borrows<A>,
                  "magpie: spawn() cannot take what only borrows: the task may outlive it. Move it in: "
                  "spawn(std::move(x))");
    using T = await_result_t<A>;
    task<T> t = detail::to_task(static_cast<A&&>(awaited));
    std::unique_ptr<detail::spawned<T>> s(new detail::spawned<T>(state_->home(), options.name, options.level));
    const detail::task_coroutine c = t.take();
    if (state_->cancelled() && !c.promise().starts_anyway() && state_->is_open()) {
      c.destroy();
      return detail::never_started(std::move(s));
    }
    if (!s->start_within(*state_, c, &s->result)) {
      c.destroy();
      detail::throw_group_ended();
    }
    return detail::make_handle(s.release());
  }

  /// Asks all children and the body to stop; those that are spawned from now on do not start. Idempotent; nothing after
  /// the scope has ended.
  void cancel() const noexcept { state_->cancel(); }
  /// By cancel(), a failure, or a stop from outside.
  bool cancelled() const noexcept { return state_->cancelled(); }
  /// Errors: std::bad_alloc.
  stop_token get_stop_token() const { return stop_token(detail::stop_reference(state_->token())); }
  /// How many children have not ended: at least those that run throughout the call, at most those and what starts
  /// meanwhile. Cost: a look at each worker.
  std::size_t active() const noexcept { return state_->active(); }

  /// co_await group.join(), in the body: waits until no child is left, and keeps the body's locals alive meanwhile.
  /// Throws nothing of theirs. Stops: when the children have ended. Errors: usage_error in a child, which would wait
  /// for itself, and after the scope has ended.
  detail::group_join join() const noexcept { return detail::group_join(*state_); }

 protected:
  detail::group_state* shared() const noexcept { return state_; }

 private:
  detail::group_state* state_;
};

namespace detail {

/// co_await of a body and of the children that it spawns.
template <class R, class Body>
class [[nodiscard]] group_awaiter final : public boundary_awaiter<R> {
 public:
  template <class B>
  group_awaiter(const task_group_options& options, B&& body)
      : boundary_awaiter<R>({}, body_ended),
        body_(std::forward<B>(body)),
        group_(new group_state(options.limit.value(), options.policy, options.name)) {}
  /// Before it is awaited.
  group_awaiter(group_awaiter&& other) noexcept(std::is_nothrow_move_constructible_v<Body>)
      : boundary_awaiter<R>(static_cast<boundary_awaiter<R>&&>(other)),
        body_(std::move(other.body_)),
        group_(other.group_) {}

  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    this->check_empty();
    worker_context& w = *current_worker;
    scope* const outer = h.promise().join->inside;
    if (detail::stop_requested(w, outer)) [[unlikely]]
      return transfer(w, end_cancelled(h.promise()));
    this->own(to_task(std::invoke(body_, group_)).take());
    state().open(*outer, w.home, *this, w.places);
    level_ = w.level;
    return transfer(w, this->begin(h, &state().body));
  }

  R await_resume() {
    if (state().has_failed()) throw exception_group(state().errors());
    if constexpr (std::is_void_v<R>) {
      if (this->end == ending::cancelled && state().was_cancelled()) return;
    }
    return this->take();
  }

 private:
  group_state& state() noexcept { return group_.state(); }

  static verdict body_ended(boundary_join* join) noexcept {
    auto* self = static_cast<group_awaiter*>(join);
    if (self->end == ending::cancelled) self->state().body_quits();
    if (!self->state().body_ended(std::exchange(self->error, {}), all_ended, self, current_worker->places)) {
      return {std::noop_coroutine()};  // *self may be gone
    }
    return all_ended(self);
  }
  /// Errors are thrown, under a stop too.
  static verdict all_ended(void* awaiter) noexcept {
    auto* self = static_cast<group_awaiter*>(awaiter);
    current_worker->quiet_epoch = scope::never_looked;  // X2: the last child may come from anywhere
    current_worker->level = self->level_;
    if (self->state().has_failed()) return {self->parent};
    if (self->state().was_cut_short()) return {{}, &self->parent.promise()};
    return boundary_end(self);
  }

  struct handle : task_group {
    using task_group::task_group;
    group_state& state() noexcept { return *task_group::shared(); }
  };

  Body body_;
  handle group_;
  priority level_ = priority::normal;  // of the task that waits
};

template <class Body>
using body_result_t = await_result_t<std::invoke_result_t<std::decay_t<Body>&, task_group&>>;

}  // namespace detail

/// co_await with_task_group([&](task_group& group) -> task<R> { ... }) -> R: runs the body, which spawns children into
/// the group, and ends when the body and all of them have ended. The body is stored; what was declared before the call
/// outlives all children, the body's own locals only if it ends with `co_await group.join()`.
///
/// Stops: here; children and body are stopped, the body's frame is destroyed after the last child has ended. Errors: if
/// the body or children fail, an exception_group of all failures in time, always; the first of them stops the rest
/// unless the policy is keep_running. A child that ends cancelled is no failure. If the body was cut short by cancel():
/// task_cancelled, or a plain return for void. A body that ends itself as cancelled stops the children as one that
/// fails does, and task_cancelled is thrown. Cost: one allocation for the group.
template <class Body>
  requires std::invocable<std::decay_t<Body>&, task_group&>
detail::group_awaiter<detail::body_result_t<Body>, std::decay_t<Body>> with_task_group(
    const task_group_options& options, Body&& body) {
  detail::reject_unsafe_callable<Body>();
  return {options, static_cast<Body&&>(body)};
}
template <class Body>
  requires std::invocable<std::decay_t<Body>&, task_group&>
detail::group_awaiter<detail::body_result_t<Body>, std::decay_t<Body>> with_task_group(Body&& body) {
  detail::reject_unsafe_callable<Body>();
  return {task_group_options{}, static_cast<Body&&>(body)};
}

}  // namespace magpie
