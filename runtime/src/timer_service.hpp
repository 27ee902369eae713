#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/lockfree/timer_heap.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace magpie::detail {

/// A pool's timers (docs/protocols/timers.md): a heap for each worker, and who looks at them. Workers do between tasks.
/// One sleeping worker, the keeper, wakes up for the earliest. And a thread of its own, the guard, fires what nobody
/// else has fired a millisecond late, for all workers may be in code that never yields.
class timer_service {
 public:
  timer_service(unsigned heaps, const std::string& thread_name);
  timer_service(const timer_service&) = delete;
  timer_service& operator=(const timer_service&) = delete;

  unsigned heaps() const noexcept { return count_; }

  /// Any thread; `heap` is its own one, if it is a worker. Calls `stir(keeper)` if the keeper must look again. Errors:
  /// std::system_error if the guard cannot start; then nothing is armed.
  template <class Stir>
  void arm(timer_node& t, unsigned heap, Stir stir) {
    if (!guarded_.load(acquire)) start_guard();  // acquire: pairs with start_guard()
    t.home = heap;
    const std::int64_t deadline = t.due;
    if (!heaps_[heap].arm(t)) return;
    // T2: after the heap's earliest was set (seq_cst), against the looks in keep() and guard()
    if (deadline < guard_wakes_.load(seq_cst) - slack) wake_guard();
    const std::int64_t kept = keeper_.load(seq_cst);  // T2: as above
    if (kept != nobody && deadline < keeper_wakes_.load(seq_cst)) stir(static_cast<unsigned>(kept));
  }
  [[nodiscard]] bool disarm(timer_node& t) noexcept { return heaps_[t.home].disarm(t); }

  /// Something may be due in this heap: a hint for its worker, which costs one load.
  bool pending(unsigned heap) const noexcept { return heaps_[heap].earliest() != no_deadline; }
  /// Fires what is due in one heap, or in all. Returns how many.
  unsigned fire_due(unsigned heap, std::int64_t now) noexcept;
  unsigned fire_due(std::int64_t now) noexcept;

  /// A sleeping worker: until when it may sleep. It becomes the keeper if there is none.
  std::int64_t keep(unsigned index) noexcept;
  void leave(unsigned index) noexcept;

  /// At the end, when nothing is armed any more.
  void stop() noexcept;

 private:
  /// How late a timer may be before the guard fires it; it also wakes no more often than that.
  static constexpr std::int64_t slack = 1'000'000;
  static constexpr std::int64_t nobody = -1;

  std::int64_t earliest() const noexcept;
  void start_guard();
  void wake_guard() noexcept;
  void guard() noexcept;

  const unsigned count_;
  const std::string& thread_name_;
  std::unique_ptr<timer_heap<>[]> heaps_;

  atomics::atomic<std::int64_t> keeper_{nobody};
  atomics::atomic<std::int64_t> keeper_wakes_{no_deadline};

  atomics::atomic<std::int64_t> guard_wakes_{no_deadline};
  atomics::atomic<std::uint32_t> alarm_{0};
  atomics::atomic<bool> guarded_{false};
  atomics::atomic<bool> over_{false};
  std::mutex starting_;
  std::thread guard_;
};

/// Names the calling thread NAME/WHICH, cut so that WHICH fits the kernel's 15 characters; and asks for precise sleeps.
void name_this_thread(const std::string& name, const std::string& which);

}  // namespace magpie::detail
