#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/priority.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/to_task.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace magpie {

struct runtime_options {
  /// Threads; 0: the CPUs that this process may really use, the smaller of its affinity mask and its control group's
  /// quota rounded up. At most 1,024.
  unsigned workers = 0;
  /// Threads are NAME/0, NAME/1, ... as ps -L, gdb and perf show them; cut so that the number fits the kernel's 15
  /// characters. Copied.
  std::string_view thread_name = "magpie";
  /// Binds worker i to the i-th CPU of the affinity mask.
  bool pin_workers = false;
  /// Called with an error that nobody can receive, on the thread where that becomes certain; must not throw. Default:
  /// one line on stderr.
  void (*on_unhandled)(std::exception_ptr error, std::string_view task_name) = nullptr;
  /// The most threads beside the workers, for what blocking() calls. At least 1.
  unsigned blocking_threads = 512;
};

struct spawn_options {
  /// For messages about the task. Copied.
  std::string_view name = {};
  /// When the task runs among others (docs/guide/priorities.md); what it spawns inherits it.
  priority level = priority::inherit;
};

/// What runtime::shutdown() did with what it found running.
struct shutdown_report {
  std::size_t finished = 0;                  ///< tasks that ended by themselves, with a value or an error
  std::size_t cancelled = 0;                 ///< tasks that ended cancelled
  std::vector<std::string> cancelled_names;  ///< of these, in the order in which they ended
};

/// Figures since the runtime's start, for people; taken while it runs, so they need not add up to the last one.
struct runtime_metrics {
  unsigned workers = 0;
  std::uint64_t started = 0;         ///< spawned tasks and block_on calls
  std::uint64_t finished = 0;        ///< of these, ended in whichever way
  std::uint64_t steals = 0;          ///< times that a worker took work from another
  std::uint64_t sleeps = 0;          ///< times that a worker lay down for want of work
  std::uint64_t errors_dropped = 0;  ///< errors behind the first one of their gather
  std::uint64_t blocking_calls = 0;  ///< made by blocking()
  unsigned blocking_threads = 0;     ///< for these, at present
};

namespace testing {
struct virtual_options;
}

namespace detail {
class runtime_engine;

template <class A>
inline constexpr bool borrows = (std::is_lvalue_reference_v<A> && !awaitable_callable<A>) ||
                                std::is_base_of_v<borrowing_awaiter, std::remove_cvref_t<A>>;
}  // namespace detail

/// A pool of threads that run tasks and steal work from each other.
///
/// A child made by fork() has none of its threads: there each use is a usage_error, and the end of it does nothing
/// (docs/guide/fork.md).
class MAGPIE_EXPORT runtime {
 public:
  /// Errors: std::system_error if a thread cannot start, and then none is left behind; std::invalid_argument for too
  /// many workers; std::bad_alloc.
  explicit runtime(runtime_options options = {});
  runtime(const runtime&) = delete;
  runtime& operator=(const runtime&) = delete;

  /// Accepts no more tasks, asks those that run to stop, waits until all have ended, joins the threads. Tasks that have
  /// not started are destroyed. On one of its own workers: says why, and terminates.
  ~runtime();

  unsigned workers() const noexcept;

  /// Runs `awaited` here and blocks the calling thread until it has ended; gives its result. An lvalue is borrowed. If
  /// a worker sleeps, the calling thread takes its place (this_worker_index() too), runs `awaited` and what that forks,
  /// also where other workers have stolen it, and hands on what is left when it would have to wait for long. Errors:
  /// what it ends with, task_cancelled if it ends cancelled; usage_error on a worker of any runtime. Cost: no switch of
  /// threads where nothing waits for others and a worker sleeps.
  template <awaitable A>
  await_result_t<A> block_on(A&& awaited) {
    if (detail::current_worker != nullptr) detail::throw_on_worker("block_on");
    return launch(detail::to_task(static_cast<A&&>(awaited)), {}, &detail::spawned_base::start_here).get();
  }

  /// Starts `awaited`, which runs on even if nobody holds the handle. A callable is stored with its task.
  /// Errors: usage_error after the end has begun (the frame is destroyed); std::bad_alloc, and nothing was started.
  /// Cost: one recycled allocation beside the task's frame. Threads: any.
  template <awaitable A>
  join_handle<await_result_t<A>> spawn(A&& awaited, spawn_options options = {}) {
    static_assert(
        !detail::borrows<A>,
        "magpie: spawn() cannot take what only borrows: the task may outlive it. Move it in: spawn(std::move(x))");
    return launch(detail::to_task(static_cast<A&&>(awaited)), options, &detail::spawned_base::start_alone);
  }

  /// Accepts no more tasks, lets those that run go on for `grace`, then asks them to stop, and waits until all have
  /// ended. After that the runtime only waits for its destruction. A second call finds nothing. Errors: usage_error on
  /// one of its own workers. Threads: one at a time.
  template <class Rep, class Period>
  shutdown_report shutdown(std::chrono::duration<Rep, Period> grace) {
    return shutdown_until(detail::time_after(grace, now()));
  }

  runtime_metrics metrics() const;

  /// Writes what has not ended, as lines for people: the tasks, groups and deadlines in which something is blocked,
  /// what it waits for, since when and until when; the rest of the spawned tasks as a number. Threads: any. Cost: holds
  /// up what blocks or ends meanwhile.
  void dump(std::ostream& out) const;

 protected:
  /// Runs on virtual time; see testing.hpp.
  enum class on_virtual_time { start };
  runtime(on_virtual_time, const testing::virtual_options& options);

  detail::executor& engine() noexcept;
  const detail::executor& engine() const noexcept;

 private:
  friend MAGPIE_EXPORT runtime& default_runtime();

  /// A task was not accepted.
  [[noreturn]] void refuse() const;
  shutdown_report shutdown_until(clock::time_point deadline);
  /// On the clock of its timers, which is a virtual one in tests.
  clock::time_point now() noexcept;

  using start_function = bool (detail::spawned_base::*)(detail::task_coroutine, void* result) noexcept;

  template <class T>
  join_handle<T> launch(task<T> t, spawn_options options, start_function start) {
    std::unique_ptr<detail::spawned<T>> s(new detail::spawned<T>(engine(), options.name, options.level));
    const detail::task_coroutine c = t.take();
    if (!(s.get()->*start)(c, &s->result)) {
      c.destroy();
      refuse();
    }
    return join_handle<T>(s.release());
  }

  std::unique_ptr<detail::runtime_engine> engine_;
};

/// The runtime of the process, made on first use with default options, and never destroyed. Errors: as the constructor;
/// usage_error in a child made by fork() whose parent had one.
MAGPIE_EXPORT runtime& default_runtime();

/// As runtime::block_on, on the default runtime.
template <awaitable A>
await_result_t<A> block_on(A&& awaited) {
  return default_runtime().block_on(static_cast<A&&>(awaited));
}

namespace detail {

struct get_runtime_awaiter : native_awaiter {
  get_runtime_awaiter() noexcept {}
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  runtime& await_resume() const noexcept { return current_worker->home.owner(); }
};

template <class T>
task<T> run_on(runtime& other, task<T> t) {
  co_return co_await await_owned(other.spawn(std::move(t)));
}

}  // namespace detail

/// co_await get_runtime() -> runtime&: of the running task. Never suspends.
[[nodiscard]] inline detail::get_runtime_awaiter get_runtime() noexcept { return {}; }

/// co_await on(other, awaitable) -> T: runs it on the runtime `other`, and goes on here with its result.
/// Errors: what it ends with; usage_error if `other` accepts no more tasks.
template <awaitable A>
  requires(!detail::borrows<A>)
task<await_result_t<A>> on(runtime& other, A&& awaited) {
  task<await_result_t<A>> t = detail::to_task(static_cast<A&&>(awaited));
  const bool anyway = t.starts_anyway();
  return detail::started_like(anyway, detail::run_on(other, std::move(t)));
}

}  // namespace magpie
