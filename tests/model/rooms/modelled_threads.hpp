#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/lockfree/spin_lock.hpp>
#include <magpie/model/explore.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <system_error>
#include <utility>

/// std::condition_variable and std::thread under the model. MAGPIE_THREADS_HEADER is set to this, and
/// MAGPIE_ATOMICS_HEADER to "gather_atomics.hpp".
namespace modelled_threads {

namespace model = magpie::model;
using gather_atomics::step;

/// A signal wakes one of those that wait at that moment, the one that has waited longest, and no more: whoever relies
/// on another choice, or on wakes for no reason, waits for ever. A time may be up at any moment. It orders nothing:
/// that is the mutex's part.
class condition {
 public:
  static inline bool time_passes = true;

  template <class Lock, class Predicate>
  void wait(Lock& hold, Predicate over) {
    while (!over()) static_cast<void>(sleep(hold, false));
  }
  template <class Lock, class Predicate>
  bool wait_for(Lock& hold, std::chrono::seconds, Predicate over) {
    while (!over())
      if (!sleep(hold, time_passes)) return over();
    return true;
  }
  void notify_one() {
    const step here;
    if (come_to_it()) wake_first();
  }
  void notify_all() {
    const step here;
    if (!come_to_it()) return;
    for (std::size_t there = sleepers_.size(); there > 0 && !sleepers_.empty(); --there) wake_first();
  }

 private:
  /// A step of its own, so that others may come before it; and who comes when all is gone is found.
  bool come_to_it() {
    signals_.fetch_add(1, std::memory_order_relaxed);
    return !sleepers_.empty();
  }
  void wake_first() {
    auto& awake = awake_[sleepers_.front()];
    sleepers_.pop_front();
    awake.store(1, std::memory_order_relaxed);
    model::futex::wake_all(awake);
  }
  /// False: the time is up.
  template <class Lock>
  bool sleep(Lock& hold, bool timed) {
    const auto self = static_cast<std::size_t>(model::engine::get().self());
    auto& awake = awake_[self];
    const auto listed = [&] { return std::find(sleepers_.begin(), sleepers_.end(), self); };
    bool in_time = true;
    {
      const step here;
      awake.store(0, std::memory_order_relaxed);
      sleepers_.push_back(self);
    }
    hold.unlock();
    {
      const step here;
      while (awake.load(std::memory_order_relaxed) == 0) {
        if (!timed || listed() == sleepers_.end()) {  // not listed: the signal was faster, and is on its way
          model::futex::wait(awake, std::uint32_t{0});
        } else if (model::futex::wait_for_some_time(awake, std::uint32_t{0}) == model::futex::result::timed_out &&
                   listed() != sleepers_.end()) {
          sleepers_.erase(listed());
          in_time = false;
          break;
        }
      }
    }
    hold.lock();
    return in_time;
  }

  model::atomic<std::uint32_t> signals_{0};
  std::array<model::atomic<std::uint32_t>, model::thread_slots> awake_{};
  std::deque<std::size_t> sleepers_;  // the scene's: what is between two steps is one
};

/// Where one of them finds what to do.
class berth {
 public:
  void start(std::function<void()> work) {
    const step here;
    work_ = std::move(work);
    state_.store(started, std::memory_order_release);
    model::futex::wake_all(state_);
  }
  void join() {
    const step here;
    while (state_.load(std::memory_order_acquire) != ended) model::futex::wait(state_, std::uint32_t{started});
  }
  /// The thread itself.
  void serve() {
    const step here;
    while (state_.load(std::memory_order_acquire) == waits) model::futex::wait(state_, std::uint32_t{waits});
    if (state_.load(std::memory_order_acquire) != started) return;
    work_();
    state_.store(ended, std::memory_order_release);
    model::futex::wake_all(state_);
  }
  void dismiss() {
    const step here;
    std::uint32_t idle = waits;
    static_cast<void>(
        state_.compare_exchange_strong(idle, dismissed, std::memory_order_relaxed, std::memory_order_relaxed));
    model::futex::wake_all(state_);
  }

 private:
  static constexpr std::uint32_t waits = 0, started = 1, ended = 2, dismissed = 3;
  model::atomic<std::uint32_t> state_{waits};
  std::function<void()> work_;
};

/// Gives the next one to start, or throws.
inline std::function<berth&()> next_berth;

/// The threads of a scene that wait to be started, each once.
template <std::size_t Threads>
class crew {
 public:
  /// The first `fail` starts fail, and all but `can_start` of the others.
  crew(int fail, int can_start) {
    next_berth = [this, fail, can_start]() mutable -> berth& {
      if (fail-- > 0 || std::cmp_equal(started_, can_start))
        throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
      model::check(started_ < Threads, "more threads than the scene has");
      return berths_[started_++];
    };
  }
  void serve(std::size_t which) { berths_[which].serve(); }
  void dismiss() {
    for (berth& each : berths_) each.dismiss();
  }

 private:
  std::array<berth, Threads> berths_;
  std::size_t started_ = 0;
};

class thread {
 public:
  thread() = default;
  template <class Work>
  explicit thread(Work work) : place_(&next_berth()) {
    place_->start(std::move(work));
  }
  thread(thread&& other) noexcept : place_(std::exchange(other.place_, nullptr)) {}
  thread& operator=(thread&& other) noexcept {
    place_ = std::exchange(other.place_, nullptr);
    return *this;
  }
  ~thread() { model::check(place_ == nullptr, "a thread is joined before its end"); }
  void join() { std::exchange(place_, nullptr)->join(); }

 private:
  berth* place_ = nullptr;
};

}  // namespace modelled_threads

namespace magpie::detail {

struct thread_parts {
  using mutex = spin_lock<gather_atomics::policy>;
  using condition = modelled_threads::condition;
  using thread = modelled_threads::thread;
};

}  // namespace magpie::detail
