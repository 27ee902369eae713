#pragma once

#include <magpie/coroutine/executor.hpp>
#include <magpie/lockfree/finish_line.hpp>
#include <magpie/lockfree/foreign_gate.hpp>
#include <magpie/lockfree/injection_queue.hpp>
#include <magpie/lockfree/loans.hpp>
#include <magpie/lockfree/parking_word.hpp>
#include <magpie/services/process_bound.hpp>

#include "blocking_threads.hpp"
#include "runtime_engine.hpp"
#include "timer_service.hpp"
#include "worker.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace magpie::detail {

/// A runtime of threads: its workers, what they share, and how it ends (docs/protocols/shutdown.md).
class pool final : public runtime_engine, private process_bound {
 public:
  /// Errors: std::system_error if a thread cannot start (none is left behind), std::invalid_argument.
  pool(runtime& owner, const runtime_options& options);
  /// Stops accepting, asks all that runs to stop, waits for it, joins the threads.
  ~pool() override;

  void enqueue(runnable& r, placement where) noexcept override;
  bool start(runnable& r) noexcept override;
  bool run_here(errand& e) noexcept override;
  void run_if_next(errand& e) noexcept override;
  bool announce() noexcept override;
  void ended() noexcept override;
  std::size_t places_held_in(const spawn_owner& group) const noexcept override;
  void forked() noexcept override { wake_one(); }
  std::int64_t now() noexcept override { return monotonic_now(); }
  void arm(timer_node& t) override;
  bool disarm(timer_node& t) noexcept override { return timers_.disarm(t); }
  void call(blocking_call& c) override { blocking_.call(c); }

  bool is_here() const noexcept override { return runtime_engine::is_here() || blocking_.here(); }
  bool is_inherited() const noexcept override { return process_bound::inherited(); }
  const char* refusal() const noexcept override;
  unsigned size() const noexcept override { return static_cast<unsigned>(workers_.size()); }
  runtime_metrics metrics() const override;

  /// The worker that this thread is, if it is one of ours.
  worker* here() noexcept;
  /// After publishing work: wakes one sleeper, unless somebody searches already.
  void wake_one() noexcept { sleeper<>::wake_one(*this); }
  // The crew that its sleepers ask for (sleeper.hpp).
  parking_word<>& word() noexcept { return sleepers_; }
  sleeper<>& sleeper_of(unsigned index) noexcept { return workers_[index]->sleeper_; }
  /// In the queues that belong to no worker.
  bool has_shared_work() const noexcept;
  bool has_visible_work() const noexcept;
  bool all_ended() noexcept;
  std::int64_t wake_time(unsigned index) noexcept { return timers_.keep(index); }
  void time_has_come(unsigned index) noexcept;
  void risen(unsigned index) noexcept { timers_.leave(index); }

 private:
  friend class worker;

  /// That all workers share, for tasks of this level.
  injection_queue<runnable>& queue_of(priority level) noexcept;
  void publish(runnable& r) noexcept;
  /// On the place of a worker that was borrowed, after the loan has begun.
  void run_on_loan(unsigned index, errand& e) noexcept;
  void inherit() noexcept override;
  void kept() noexcept override { gate_.enter(); }
  void start_threads(const runtime_options& options);
  void stop_accepting() noexcept override;
  void wait_for_the_end(std::int64_t deadline) override;
  void shut_down() noexcept;
  void compare_counts() noexcept;
  void join_threads() noexcept;

  parking_word<> sleepers_;
  injection_queue<runnable> injected_;  // of normal level, as all that stands in a worker's own queue
  injection_queue<runnable> high_;
  injection_queue<runnable> background_;
  foreign_gate<> gate_;
  finish_line<> finish_;
  loans<> loans_;
  atomics::atomic<std::uint32_t> all_over_{0};  // a futex: 1 when the last task has ended

  std::string thread_name_;
  timer_service timers_;
  detail::blocking_threads blocking_;

  std::vector<std::unique_ptr<worker>> workers_;
  unsigned most_searchers_;
  bool may_spin_;
};

}  // namespace magpie::detail
