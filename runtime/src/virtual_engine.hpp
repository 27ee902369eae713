#pragma once

#include <magpie/base/priority.hpp>
#include <magpie/base/random.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/lockfree/parking_word.hpp>
#include <magpie/lockfree/timer_heap.hpp>
#include <magpie/testing.hpp>

#include "runtime_engine.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace magpie::detail {

/// A runtime on the thread that drives it: pretended workers, and a clock that jumps.
///
/// It takes one step after the other. A step is a choice among all that can happen now: a task in the queue, a gather's
/// next children in a worker's deque, a timer that is due; and of the worker that does it, which runs until something
/// suspends. When a task makes children available to thieves, an idle worker may take a step at once, on top of it, as
/// if it ran at the same time: so children that never suspend come in different orders too.
class virtual_engine final : public runtime_engine, private virtual_time {
 public:
  virtual_engine(runtime& owner, const testing::virtual_options& options);
  ~virtual_engine() override;

  void enqueue(runnable& r, placement where) noexcept override;
  bool start(runnable& r) noexcept override;
  bool announce() noexcept override;
  void ended() noexcept override { ++finished_; }
  void forked() noexcept override;
  std::int64_t now() noexcept override { return now_; }
  void arm(timer_node& t) override;
  bool disarm(timer_node& t) noexcept override;
  void call(blocking_call& c) override;
  void drive(bool (*over)(const void*) noexcept, const void* context, std::int64_t deadline) override;

  unsigned size() const noexcept override { return static_cast<unsigned>(workers_.size()); }
  runtime_metrics metrics() const override;
  const char* refusal() const noexcept override;

  std::int64_t elapsed() const noexcept { return now_ - start_of_time; }
  std::uint64_t trace_hash() const noexcept { return hash_; }

 private:
  void stop_accepting() noexcept override { accepting_ = false; }
  void wait_for_the_end(std::int64_t deadline) override;

  struct virtual_worker : worker_context {
    using worker_context::worker_context;
    bool busy = false;
  };
  class session;

  /// Far from zero, as the clock of a machine is: a program may take zero for "long ago".
  static constexpr std::int64_t start_of_time = 1'000'000'000'000'000;
  static constexpr std::int64_t cost_of_a_poll = 1000;
  /// Steps on top of each other cost stack.
  static constexpr unsigned most_nested = 8;

  // virtual_time
  std::int64_t read() noexcept override { return now_; }
  void polled() noexcept override;

  bool here() const noexcept { return std::this_thread::get_id() == thread_; }
  std::uint32_t choose(std::size_t of) noexcept;
  void note(std::uint64_t event) noexcept;

  std::vector<runnable*>& ready(priority level) noexcept { return ready_[static_cast<std::size_t>(level) - 1]; }
  bool opens(const virtual_worker& w, priority level) const noexcept;
  priority level_in_turn() noexcept;
  bool step() noexcept;
  virtual_worker& idle_worker() noexcept;
  template <class Start>
  void run(virtual_worker& w, Start start) noexcept;
  void steal(virtual_worker& thief, virtual_worker& victim) noexcept;

  void collect_due() noexcept;
  void fire(std::size_t index) noexcept;
  void jump(std::int64_t time) noexcept;

  std::thread::id thread_ = std::this_thread::get_id();
  random_source random_;
  std::uint64_t hash_ = 0;
  std::int64_t now_ = start_of_time;

  parking_word<> sleepers_;
  std::vector<std::unique_ptr<virtual_worker>> workers_;
  unsigned busy_ = 0;
  std::array<std::vector<runnable*>, 3> ready_;  // by level
  std::uint64_t steps_ = 0;
  timer_heap<> timers_;
  std::vector<timer_node*> due_;

  bool accepting_ = true;
  bool driving_ = false;
  bool firing_ = false;
  std::uint64_t started_ = 0;
  std::uint64_t finished_ = 0;
  std::uint64_t steals_ = 0;
  std::uint64_t jumps_ = 0;
  std::uint64_t blocking_calls_ = 0;
};

}  // namespace magpie::detail
