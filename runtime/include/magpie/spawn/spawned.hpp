#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/outcome_value.hpp>
#include <magpie/base/priority.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/lockfree/source_word.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

namespace magpie::detail {

/// One who waits for a spawned task. `arrive` is called once, by the thread on which the task ended; the node may be
/// gone as soon as it is called.
struct arrival {
  using function = void (*)(arrival*) noexcept;
  explicit arrival(function f) noexcept : arrive(f) {}
  function arrive;
};

/// The scope of a spawned task, and the word by which its end is told: so who runs inside finds who waits for it.
struct spawned_scope : named_scope {
  explicit spawned_scope(std::string_view name) : named_scope(scope_kind::spawned, name) {}
  source_word<arrival> done;
};

class spawned_base;

[[noreturn]] MAGPIE_EXPORT void throw_invalid_handle();
MAGPIE_EXPORT std::exception_ptr second_waiter();
[[noreturn]] MAGPIE_EXPORT void throw_on_worker(const char* what);

/// Who answers for spawned tasks beside the runtime: a group.
class spawn_owner {
 public:
  /// The scope above theirs.
  named_scope within;

  /// A task wants to start on `home`. False: no more may, here or there. After true, start_child() follows.
  [[nodiscard]] virtual bool admit(executor& home) noexcept = 0;
  /// Starts it now or later.
  virtual void start_child(executor& home, runnable& child) noexcept = 0;
  /// It has ended; the owner may be gone afterwards. What to do next; nothing, if the verdict is empty.
  [[nodiscard]] virtual verdict child_ended(executor& home, ending how, std::exception_ptr error) noexcept = 0;

 protected:
  explicit spawn_owner(std::string_view name = {}) : within(scope_kind::group, name) {}
  ~spawn_owner() = default;
};

/// A started task that is no part of another one's frame: where its end is noted, and what its handle points to. It
/// outlives the task's frame until the result was taken, or nobody wants it (docs/protocols/source_word.md).
class spawned_base : public boundary_join, private runnable {
 public:
  spawned_base(const spawned_base&) = delete;
  spawned_base& operator=(const spawned_base&) = delete;

  // Start `c`, whose result goes to `result`. False: no more is accepted; the caller frees both.
  /// With nobody but the runtime to answer for it.
  [[nodiscard]] MAGPIE_EXPORT bool start_alone(task_coroutine c, void* result) noexcept;
  /// The same, by a plain thread that will wait for it, and may run it itself meanwhile.
  [[nodiscard]] MAGPIE_EXPORT bool start_here(task_coroutine c, void* result) noexcept;
  /// As a part of `owner`.
  [[nodiscard]] MAGPIE_EXPORT bool start_within(spawn_owner& owner, task_coroutine c, void* result) noexcept;

  /// Asks the task to stop; true if it had not ended. Threads: any that keeps *this.
  MAGPIE_EXPORT bool cancel() noexcept;

  std::string_view name() const noexcept { return own.name(); }

  /// The handle lets go. Frees *this, now or when the task has ended.
  MAGPIE_EXPORT void abandon() noexcept;

  /// The result has been taken: frees *this.
  void free() noexcept { free_(this); }

  spawned_scope own;

  /// The time by which block_until() counts.
  clock::time_point now() const noexcept {
    // What is driven is not over before we have driven it: its home is there.
    return driven_ && !own.done.has_fired() ? clock::time_point(clock::duration(home_.now())) : read_clock();
  }

  /// Whether whoever waits for its end must drive its runtime; and that.
  bool is_driven() const noexcept { return driven_; }
  MAGPIE_EXPORT bool drive_until(std::int64_t deadline);

  /// Errors: usage_error if its runtime's threads are those of a parent that called fork(): it would never end.
  void refuse_in_fork() const;

  /// Blocks a plain thread until the task has ended, or until `deadline`; true if it has ended. Errors: usage_error on
  /// a worker, or if somebody waits already.
  MAGPIE_EXPORT bool block_until(std::int64_t deadline);

 protected:
  using free_function = void (*)(spawned_base*) noexcept;
  spawned_base(executor& home, std::string_view name, priority asked, free_function f)
      : boundary_join(on_end),
        runnable(first_step),
        own(name),
        home_(home),
        driven_(home.is_driven()),
        on_unhandled_(home.on_unhandled()),
        free_(f) {
    level = asked != priority::inherit ? asked : level_here();
  }
  ~spawned_base() = default;

 private:
  void prepare(scope& above, task_coroutine c, void* result) noexcept;
  MAGPIE_EXPORT static verdict on_end(boundary_join* join) noexcept;
  MAGPIE_EXPORT static std::coroutine_handle<> first_step(runnable* r) noexcept;
  static priority level_here() noexcept { return current_worker != nullptr ? current_worker->level : priority::normal; }
  void report_error() noexcept;

  executor& home_;  // not to be touched once the task has ended: the handle may outlive it
  const bool driven_;
  spawn_owner* owner_ = nullptr;
  const unhandled_function on_unhandled_;
  free_function free_;
};

template <class T>
class spawned final : public spawned_base {
 public:
  spawned(executor& home, std::string_view name, priority asked) : spawned_base(home, name, asked, free_this) {}

  /// The result of an ended task, taken and freed with the whole. Errors: what the task ended with.
  T take() {
    const owner guard{this};
    if (end == ending::error) std::rethrow_exception(std::move(error));
    if (end == ending::cancelled) throw task_cancelled();
    if constexpr (!std::is_void_v<T>) return result.take();
  }

  outcome<T> take_outcome() {
    const owner guard{this};
    if (end == ending::error) return outcome<T>(std::move(error));
    if (end == ending::cancelled) return outcome<T>();
    return outcome<T>(std::in_place, result.take());
  }

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

  [[no_unique_address]] result_slot<T> result;

 private:
  struct owner {
    spawned* self;
    ~owner() { delete self; }
  };
  static void free_this(spawned_base* s) noexcept { delete static_cast<spawned*>(s); }
};

}  // namespace magpie::detail
