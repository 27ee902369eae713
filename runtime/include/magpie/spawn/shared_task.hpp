#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/counted.hpp>
#include <magpie/coroutine/waiter_list.hpp>
#include <magpie/services/frame_allocator.hpp>
#include <magpie/spawn/spawned.hpp>

#include <cstddef>
#include <cstdint>

namespace magpie::detail {

/// A spawned task that many may wait for. It belongs to its handles, to those who wait, and to the task until that has
/// ended: then its arrival wakes all who wait.
class shared_task final : public counted<shared_task>, private arrival {
 public:
  /// Takes the task over from its handle. Errors: usage_error if somebody waits for it; std::bad_alloc. Then nothing
  /// has happened.
  MAGPIE_EXPORT static counted_ptr<shared_task> of(spawned_base& task);
  MAGPIE_EXPORT ~shared_task();

  /// Any thread. The result may be read then.
  bool ended() const noexcept { return task_.own.done.has_fired(); }
  bool cancel() noexcept { return task_.cancel(); }
  /// Blocks a plain thread, as spawned_base::block_until.
  MAGPIE_EXPORT bool block_until(std::int64_t deadline);

  /// Of an ended task: rethrows what it ended with, and then nobody else needs to be told of it.
  void throw_failure() {
    if (task_.end != ending::value) [[unlikely]]
      rethrow();
  }
  spawned_base& task() const noexcept { return task_; }

  /// The end of the task, for those who wait.
  happening all_told;

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

 private:
  explicit shared_task(spawned_base& task) noexcept : arrival(on_end), task_(task) {}
  static void on_end(arrival* a) noexcept;
  [[noreturn]] MAGPIE_EXPORT void rethrow();

  spawned_base& task_;
  bool owns_ = false;
  atomics::atomic<bool> heard_{false};
};

}  // namespace magpie::detail
