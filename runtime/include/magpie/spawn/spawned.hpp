#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/outcome_value.hpp>
#include <magpie/base/priority.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/held_places.hpp>
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

/// The word by which the end of a spawned task is told. A base, so that it stands before the scope.
struct told_end {
  source_word<arrival> done;
};

/// The scope of a spawned task, and its word: so who runs inside finds who waits for it.
struct spawned_scope : told_end, named_scope {
  explicit spawned_scope(std::string_view name) : named_scope(scope_kind::spawned, name) {}
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

  /// A task wants to start on `home`, spawned by a worker that holds `places`, or by no worker. False: no more may,
  /// here or there. After true, start_child() follows.
  [[nodiscard]] virtual bool admit(executor& home, held_places* places) noexcept = 0;
  /// Starts it now or later.
  virtual void start_child(executor& home, runnable& child) noexcept = 0;
  /// It has ended on the worker that holds `places`, which are given back with its own; the owner may be gone
  /// afterwards. What to do next; nothing, if the verdict is empty.
  [[nodiscard]] virtual verdict child_ended(executor& home, ending how, std::exception_ptr error,
                                            held_places& places) noexcept = 0;
  /// The same for the held places alone.
  [[nodiscard]] virtual verdict give_back(executor& home, held_places& places) noexcept = 0;

  /// Whether workers may hold places.
  const bool lends_places;

 protected:
  spawn_owner(std::string_view name, bool lends) : within(scope_kind::group, name), lends_places(lends) {}
  ~spawn_owner() = default;
};

/// A started task that is no part of another one's frame: where its end is noted, and what its handle points to. It
/// outlives the task's frame until the result was taken, or nobody wants it (docs/protocols/source_word.md). Three
/// lines of the cache, in this order: what its end needs, what its start needs, what most tasks never use.
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

  /// The owner of the task that `r` starts; null if it has none, or `r` is anything else.
  static const spawn_owner* owner_of(runnable& r) noexcept {
    return r.run == first_step ? static_cast<spawned_base&>(r).owner() : nullptr;
  }

  /// The handle lets go. Frees *this, now or when the task has ended.
  MAGPIE_EXPORT void abandon() noexcept;

  /// The result has been taken: frees *this.
  void free() noexcept { free_(this); }

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
        driven_(home.is_driven()),
        home_(home),
        on_unhandled_(home.on_unhandled()),
        free_(f),
        own(name) {
    level = asked != priority::inherit ? asked : level_here();
  }
  ~spawned_base() = default;

 private:
  void prepare(scope& above, task_coroutine c, void* result) noexcept;
  MAGPIE_EXPORT static verdict on_end(boundary_join* join) noexcept;
  MAGPIE_EXPORT static std::coroutine_handle<> first_step(runnable* r) noexcept;
  static priority level_here() noexcept { return current_worker != nullptr ? current_worker->level : priority::normal; }
  void report_error() noexcept;

  spawn_owner* owner() const noexcept { return alone_ ? nullptr : owner_; }

  const bool driven_;
  bool alone_ = true;
  executor& home_;  // not to be touched once the task has ended: the handle may outlive it
  // Who answers for it: a group, or whoever hears of an error that nobody receives.
  union {
    unhandled_function on_unhandled_;
    spawn_owner* owner_;
  };
  const free_function free_;

 public:
  spawned_scope own;
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

  static void* operator new(std::size_t bytes) { return allocate_frame(unshared_bytes(bytes)); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, unshared_bytes(bytes)); }

  [[no_unique_address]] result_slot<T> result;

 private:
  struct owner {
    spawned* self;
    ~owner() { delete self; }
  };
  static void free_this(spawned_base* s) noexcept { delete static_cast<spawned*>(s); }
};

}  // namespace magpie::detail
