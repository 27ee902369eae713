#pragma once

#include <magpie/coroutine/executor.hpp>
#include <magpie/lockfree/finish_line.hpp>
#include <magpie/lockfree/foreign_gate.hpp>
#include <magpie/lockfree/injection_queue.hpp>
#include <magpie/lockfree/parking_word.hpp>
#include <magpie/runtime.hpp>

#include "timer_service.hpp"
#include "worker.hpp"

#include <cstdint>
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
  bool announce() noexcept override;
  void ended() noexcept override;
  void ends(ending how, std::string_view name) noexcept override;
  std::int64_t now() noexcept override { return monotonic_now(); }
  void arm(timer_node& t) override;
  bool disarm(timer_node& t) noexcept override { return timers_.disarm(t); }

  unsigned size() const noexcept { return static_cast<unsigned>(workers_.size()); }
  runtime_metrics metrics() const;

  /// The first part of the end: nothing is accepted any more, and all has ended. What runs is asked to stop at
  /// `deadline`.
  shutdown_report drain(std::int64_t deadline);

  /// The worker that this thread is, if it is one of ours.
  worker* here() noexcept;
  /// After publishing work: wakes one sleeper, unless somebody searches already.
  void wake_one() noexcept { sleeper<>::wake_one(*this); }
  // The crew that its sleepers ask for (sleeper.hpp).
  parking_word<>& word() noexcept { return sleepers_; }
  sleeper<>& sleeper_of(unsigned index) noexcept { return workers_[index]->sleeper_; }
  bool has_visible_work() const noexcept;
  bool all_ended() noexcept;
  std::int64_t wake_time(unsigned index) noexcept { return timers_.keep(index); }
  void time_has_come(unsigned index) noexcept;
  void risen(unsigned index) noexcept { timers_.leave(index); }

 private:
  friend class worker;

  void start_threads(const runtime_options& options);
  void stop_accepting() noexcept;
  void wait_for_the_end(std::int64_t deadline) noexcept;
  void shut_down() noexcept;
  void compare_counts() noexcept;
  void join_threads() noexcept;

  parking_word<> sleepers_;
  injection_queue<runnable> injected_;
  foreign_gate<> gate_;
  finish_line<> finish_;
  atomics::atomic<std::uint32_t> all_over_{0};  // a futex: 1 when the last task has ended

  std::mutex reporting_;  // guards the report, which exists during drain()
  shutdown_report* report_ = nullptr;

  std::string thread_name_;
  timer_service timers_;

  std::vector<std::unique_ptr<worker>> workers_;
  unsigned most_searchers_;
  bool may_spin_;
};

}  // namespace magpie::detail
