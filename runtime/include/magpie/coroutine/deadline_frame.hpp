#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/boundary.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/suspended_task.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <utility>

namespace magpie::detail {

/// A scope that knows until when what is in it may run.
struct timed_scope : scope {
  timed_scope() noexcept : scope(nullptr, scope_kind::deadline) {}

  clock::time_point deadline() const noexcept {
    // relaxed: a figure; it is changed by the tasks inside
    return clock::time_point(clock::duration(nanoseconds.load(relaxed)));
  }
  atomics::atomic<std::int64_t> nanoseconds{no_deadline};
};

/// A scope with a deadline, for as long as one task runs in it (docs/protocols/timers.md).
///
/// Two sides can be at work on it when the task ends: the one that ends it, and a timer that fires just then. Whoever
/// comes last lets the waiter go on.
class MAGPIE_EXPORT deadline_frame : private timer_node {
 public:
  deadline_frame() noexcept = default;

  /// Before the task starts: under `outer`. A deadline that has passed stops the scope at once. Errors:
  /// std::system_error if no timer thread can be started.
  void open(scope* outer, std::uint64_t seen, executor& where, clock::time_point until, clock::time_point now);

  /// Inside the scope: another deadline. Errors: usage_error after it has passed; as open().
  void reschedule(clock::time_point until);

  /// The task has ended. True: nothing is at work here any more. False: *this may be gone, and `resume` is called once,
  /// by the other side.
  [[nodiscard]] bool close() noexcept;

  /// The deadline has passed, and the scope was stopped for it.
  bool expired() const noexcept {
    return expired_.load(relaxed);  // relaxed: inside it is a flag, and after close() it was made visible
  }

  timed_scope timed;

 protected:
  ~deadline_frame() = default;
  virtual void resume_waiter(executor& where) noexcept = 0;

 private:
  void set(clock::time_point until, clock::time_point now);
  void timer_fired() noexcept final;
  /// The first of the two leaves, the second finds that it is alone.
  [[nodiscard]] bool leave_second() noexcept {
    return left_.exchange(true, acq_rel);  // T3: acquire: what the other side did; release: what we did
  }

  executor* home_ = nullptr;
  bool armed_ = false;
  atomics::atomic<bool> expired_{false};
  atomics::atomic<bool> left_{false};
};

/// The way back of a waiter whose child has ended, when somebody else than the child's end must find it.
template <class Awaiter>
struct finish_later : suspended_task {
  explicit finish_later(Awaiter* a) noexcept : suspended_task(finish), awaiter(a) {}
  static std::coroutine_handle<> finish(runnable* r) noexcept {
    suspended_task::come_back(r);
    return settle(static_cast<finish_later*>(r)->awaiter->finish());
  }
  Awaiter* awaiter;
};

}  // namespace magpie::detail
