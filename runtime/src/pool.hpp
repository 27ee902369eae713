#pragma once

#include <magpie/base/futex.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/lockfree/injection_queue.hpp>
#include <magpie/lockfree/parking_word.hpp>
#include <magpie/runtime.hpp>

#include "worker.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace magpie::detail {

/// The engine of a runtime: its workers, what they share, and how it ends (docs/protocols/shutdown.md).
class pool final : public executor {
 public:
  /// Errors: std::system_error if a thread cannot start (none is left behind), std::invalid_argument.
  pool(runtime& owner, const runtime_options& options);
  /// Stops accepting, asks all that runs to stop, waits for it, joins the threads.
  ~pool();

  void enqueue(runnable& r, placement where) noexcept override;
  bool start(runnable& r) noexcept override;
  void ended() noexcept override;

  unsigned size() const noexcept { return static_cast<unsigned>(workers_.size()); }
  runtime_metrics metrics() const;

  /// The worker that this thread is, if it is one of ours.
  worker* here() noexcept;
  /// After publishing work: wakes one sleeper, unless somebody searches already. `self`: preferred.
  void wake_one(unsigned self = parking_word<>::most_workers) noexcept;
  bool has_visible_work() const noexcept;

 private:
  friend class worker;

  void start_threads(const runtime_options& options);
  void shut_down() noexcept;
  void check_finished() noexcept;
  void join_threads() noexcept;

  // The gate that foreign threads pass: how many are inside, and how many tasks they started.
  static constexpr std::uint64_t one_inside = 1;
  static constexpr std::uint64_t one_started = std::uint64_t{1} << 20;
  static constexpr std::uint64_t inside_mask = one_started - 1;

  parking_word<> sleepers_;
  injection_queue<runnable> injected_;
  alignas(line_size) atomics::atomic<std::uint64_t> gate_{0};
  alignas(line_size) atomics::atomic<bool> accepting_{true};
  atomics::atomic<bool> draining_{false};
  atomics::atomic<bool> finished_{false};
  /// Sleepers whose sleep is timed: they will look at the newest tasks within a millisecond.
  atomics::atomic<std::uint32_t> watchers_{0};

  std::vector<std::unique_ptr<worker>> workers_;
  unsigned most_searchers_;
  bool may_spin_;
  std::string thread_name_;
  std::mutex finish_lock_;
};

}  // namespace magpie::detail
