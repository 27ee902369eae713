#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/lockfree/wait_block.hpp>

#include <coroutine>
#include <cstdint>
#include <exception>
#include <string_view>
#include <utility>

namespace magpie::detail {

/// A task that is suspended until one of its sources arrives, or it is stopped (docs/protocols/wait_block.md). The base
/// of every awaiter that waits. The derived class has the nodes by which its sources find it, in the task's frame: the
/// task goes on when all of them are detached or have arrived.
class MAGPIE_EXPORT blocked_task : private stop_node {
 public:
  /// What it waits for, as dump() says it.
  virtual const char* waits_for() const noexcept = 0;
  /// The name of that, if it has one, and when it goes on at the latest; as dump() says it. Threads: any, while it
  /// waits.
  virtual std::string_view waits_for_whose() const noexcept { return {}; }
  virtual std::int64_t waits_until() const noexcept { return no_deadline; }
  task_coroutine task() const noexcept { return self_.task(); }

 protected:
  blocked_task() noexcept : self_(this, detach_step) {}
  ~blocked_task() = default;

  /// Suspends `h`, which waits for up to `sources`, numbered from 0. Stops: here, unless it outlives a stop.
  template <class Promise>
  std::coroutine_handle<> suspend(std::coroutine_handle<Promise> h, std::uint32_t sources) noexcept {
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    if (stop_requested(w, me.join->inside)) [[unlikely]]
      return transfer(w, outlives_stop() ? std::coroutine_handle<>(h) : end_cancelled(me));
    self_.hold(h);
    home_ = &w.home;
    return transfer(w, publish(sources));
  }

  // What a derived class does in attach().
  /// The source has happened already; it was not attached.
  void happened(std::uint32_t source) noexcept { block_.trigger(source); }
  /// The wait cannot begin: await_resume() will throw `error`.
  void refuse(std::exception_ptr error) noexcept {
    error_ = std::move(error);
    block_.trigger(stop_source - 1);
  }

  // A source, on any thread. Afterwards *this may be gone.
  void arrived(std::uint32_t source) noexcept {
    executor& home = *home_;
    if (block_.arrive(source)) home.enqueue(self_, placement::next);
  }
  /// The same for one that does not end the wait.
  void arrived_unheard() noexcept {
    executor& home = *home_;
    if (block_.arrive_unheard()) home.enqueue(self_, placement::next);
  }

  // After the wait.
  /// The source that ended it.
  std::uint32_t winner() const noexcept { return block_.winner(); }
  void rethrow_refusal() {
    if (error_) [[unlikely]]
      std::rethrow_exception(std::move(error_));
  }

  executor& home_of_task() const noexcept { return *home_; }

 private:
  /// Attaches the sources. Threads: on the task's worker, before it sleeps.
  virtual void attach() noexcept = 0;
  /// Detaches them. Returns how many will not arrive any more, those included that were never attached.
  virtual std::uint32_t detach() noexcept = 0;
  /// After a stop, when all is detached: is there something to deliver nevertheless? Then the task goes on.
  virtual bool obtained() noexcept = 0;
  /// A stop ends the wait, but not the task, which looks itself at what has become of its sources.
  virtual bool outlives_stop() const noexcept { return false; }

  void stop_fired() noexcept final { arrived(stop_source); }
  wait_report report() const noexcept final { return {waits_for(), waits_for_whose(), since_, waits_until()}; }

  // noinline: once it is published, another worker may run the task, and free its frame.
  MAGPIE_NOINLINE std::coroutine_handle<> publish(std::uint32_t sources) noexcept;
  std::coroutine_handle<> end_wait() noexcept;
  std::coroutine_handle<> go_on() noexcept;
  static std::coroutine_handle<> detach_step(runnable* r) noexcept;
  static std::coroutine_handle<> last_step(runnable* r) noexcept;

  static constexpr std::uint32_t stop_source = (1u << 30) - 1;

  /// How it stands in queues.
  struct queued : suspended_task {
    queued(blocked_task* t, function f) noexcept : suspended_task(f), whole(t) {}
    using suspended_task::come_back;
    blocked_task* whole;
  };

  queued self_;
  executor* home_ = nullptr;
  std::int64_t since_ = 0;
  std::exception_ptr error_;
  wait_block<> block_;
};

}  // namespace magpie::detail
