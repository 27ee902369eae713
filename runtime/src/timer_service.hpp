#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/lockfree/timer_heap.hpp>
#include <magpie/lockfree/timer_watch.hpp>

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
    if (heaps_[heap].arm(t)) watch_.armed(deadline, stir);  // t may be gone
  }
  [[nodiscard]] bool disarm(timer_node& t) noexcept { return heaps_[t.home].disarm(t); }

  /// Something may be due in this heap: a hint for its worker, which costs one load.
  bool pending(unsigned heap) const noexcept { return heaps_[heap].earliest() != no_deadline; }
  /// Fires what is due in one heap, or in all. Returns how many.
  unsigned fire_due(unsigned heap, std::int64_t now) noexcept;
  unsigned fire_due(std::int64_t now) noexcept;

  /// A sleeping worker: until when it may sleep. It becomes the keeper if there is none.
  std::int64_t keep(unsigned index) noexcept {
    return watch_.keep(index, [this] { return earliest(); });
  }
  void leave(unsigned index) noexcept { watch_.leave(index); }

  /// At the end, when nothing is armed any more.
  void stop() noexcept;

 private:
  std::int64_t earliest() const noexcept;
  void start_guard();
  void guard() noexcept;

  const unsigned count_;
  const std::string& thread_name_;
  std::unique_ptr<timer_heap<>[]> heaps_;

  timer_watch<> watch_;

  atomics::atomic<bool> guarded_{false};
  std::mutex starting_;
  std::thread guard_;
};

/// Names the calling thread NAME/WHICH, cut so that WHICH fits the kernel's 15 characters; and asks for precise sleeps.
void name_this_thread(const std::string& name, const std::string& which);

}  // namespace magpie::detail
