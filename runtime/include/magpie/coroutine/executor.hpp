#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/priority.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/scope.hpp>
#include <magpie/lockfree/timer_heap.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

namespace magpie {

class runtime;

namespace detail {

class spawn_owner;

/// Something that a worker can take from a queue and run: a task that starts, or goes on. Lives in what it belongs to
/// (an awaiter, a spawned task), so making something runnable allocates nothing.
struct runnable {
  using function = std::coroutine_handle<> (*)(runnable*) noexcept;

  runnable() noexcept = default;
  explicit runnable(function f) noexcept : run(f) {}

  /// Called once, on a worker: what to resume. The runnable may be gone afterwards.
  atomics::plain<function> run{nullptr};
  /// For the injection queue.
  atomics::atomic<runnable*> next{nullptr};
  /// Of the task; never `inherit`.
  priority level = priority::normal;
};

/// A task that a plain thread starts and waits for, so that it may as well take part.
class errand {
 public:
  errand(runnable& r, const scope& s) noexcept : first_step(r), inside(s) {}
  errand(const errand&) = delete;
  errand& operator=(const errand&) = delete;

  virtual bool is_over() const noexcept = 0;

  runnable& first_step;
  const scope& inside;  // the task's; of all that it forks, too, further up

 protected:
  ~errand() = default;
};

/// A call on its way to a thread outside the workers. Lives in what waits for it.
struct blocking_call {
  using function = void (*)(blocking_call*) noexcept;

  explicit blocking_call(function f) noexcept : run(f) {}

  /// Called once; the call may be gone afterwards.
  function run;
  atomics::plain<blocking_call*> next{nullptr};  // for a queue
};

enum class placement : std::uint8_t {
  next,  ///< before all else, on the worker that runs now: what it needs is still in the cache
  back,  ///< behind what waits already
};

using unhandled_function = void (*)(std::exception_ptr, std::string_view task_name);

// Levels, and what is behind (docs/guide/priorities.md).
/// How often a worker takes what came from outside before its own work and before all high work: neither may starve it.
inline constexpr unsigned turns_between_injections = 61;
/// How often it takes background work before all else.
inline constexpr unsigned turns_between_background = 16 * turns_between_injections;

/// Where tasks run: the engine of a runtime, as far as tasks know it.
class MAGPIE_EXPORT executor {
 public:
  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;

  /// Any thread. A task that was started here goes on. The runnable belongs to the executor until it is run.
  virtual void enqueue(runnable& r, placement where) noexcept = 0;

  /// Any thread. A task starts that nobody's frame waits for. False: not accepted any more, nothing happened.
  [[nodiscard]] virtual bool start(runnable& r) noexcept = 0;

  /// No worker. As start(), and may run it on this thread, with what it forks, as far as that goes without long waits.
  [[nodiscard]] virtual bool run_here(errand& e) noexcept { return start(e.first_step); }

  /// A plain thread that waits for a task which was started here, and keeps this (process_bound::keep()) until the
  /// call: if nobody has begun the task and it is next, runs it on this thread, as run_here() does.
  virtual void run_if_next(errand& e) noexcept { static_cast<void>(e); }

  /// Any thread. As start() for a task that is enqueued later. False: not accepted any more.
  [[nodiscard]] virtual bool announce() noexcept = 0;

  /// On a worker: one that was started has ended.
  virtual void ended() noexcept = 0;

  /// On a worker, before anybody hears of it: one that was started ends. Called if is_draining() only.
  virtual void ends(ending how, std::string_view name) noexcept {
    static_cast<void>(how);
    static_cast<void>(name);
  }
  /// Somebody asks how tasks end from now on.
  bool is_draining() const noexcept {
    return draining_.load(acquire);  // acquire: pairs with start_draining(): where it is written
  }

  /// Any thread, with the lock of `group`: how many places in it the workers hold.
  virtual std::size_t places_held_in(const spawn_owner& group) const noexcept {
    static_cast<void>(group);
    return 0;
  }

  /// On a worker that saw hungry sleepers: it has made work available to thieves.
  virtual void forked() noexcept {}

  /// Nanoseconds on the clock by which timers are armed here.
  virtual std::int64_t now() noexcept = 0;
  /// Any thread. timer_fired() will be called when `t.due` has passed. Errors: std::system_error if there is no
  /// timer thread yet and none can be started.
  virtual void arm(timer_node& t) = 0;
  /// Any thread. True: it will not fire.
  [[nodiscard]] virtual bool disarm(timer_node& t) noexcept = 0;

  /// On a worker. Runs `c` where it may block; here and now if this has no threads of its own. Errors:
  /// std::system_error if there is no such thread and none can be started; then it is not run.
  virtual void call(blocking_call& c) { c.run(&c); }

  /// Whether this has no threads of its own: then whoever waits for the end of a task drives it.
  bool is_driven() const noexcept { return driven_; }
  /// Runs tasks on the calling thread until `over(context)`, or `deadline` has passed. Errors: testing::deadlock.
  virtual void drive(bool (*over)(const void*) noexcept, const void* context, std::int64_t deadline) {
    static_cast<void>(over);
    static_cast<void>(context);
    static_cast<void>(deadline);
  }

  /// What is called with an error that nobody can receive; it may be called after the end of this.
  unhandled_function on_unhandled() const noexcept { return on_unhandled_; }

  /// The scope of all that runs here.
  scope& root_scope() noexcept { return root_scope_; }

  runtime& owner() const noexcept { return owner_; }

 protected:
  enum class driven : bool { by_its_threads, by_who_waits };
  executor(runtime& owner, unhandled_function f, driven how = driven::by_its_threads) noexcept
      : owner_(owner), on_unhandled_(f), driven_(how == driven::by_who_waits) {}
  ~executor() = default;

  void start_draining() noexcept {
    draining_.store(true, release);  // release: pairs with is_draining()
  }

 private:
  runtime& owner_;
  const unhandled_function on_unhandled_;
  const bool driven_;
  atomics::atomic<bool> draining_{false};
  scope root_scope_{nullptr, scope_kind::runtime};
};

}  // namespace detail
}  // namespace magpie
