#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/semaphore.hpp>

#include <cstddef>
#include <cstdint>

namespace magpie {

/// What becomes of an event that somebody has waited for: it stays set until it is reset, and all go on; or it is reset
/// by the one who goes on.
enum class event_reset : std::uint8_t { manual, automatic };

namespace detail {
class event_wait;
}

/// Something that is set, or not, and that tasks wait for. Threads: any, also of several runtimes; set() and reset(),
/// plain threads too. An event must outlive the calls of set(); but the last of those who wait may destroy it. Cost: no
/// allocation; set() takes constant time for each who waits, and holds its lock for 64 of them at a time. Destroying
/// one that somebody waits for ends the process with a message.
class event {
 public:
  explicit event(event_reset mode = event_reset::manual, bool is_set = false) noexcept
      : automatic_(mode == event_reset::automatic), set_(is_set) {}
  event(const event&) = delete;
  event& operator=(const event&) = delete;
  ~event() {
    if (!line_.empty()) [[unlikely]]
      detail::die_waited_on("event");
  }

  /// Manual: whoever waits goes on, and so does whoever comes before reset(). Automatic: the first who waits goes on;
  /// if nobody does, the next who comes.
  void set() noexcept;
  void reset() noexcept {
    const detail::locked hold(lock_);
    set_ = false;
  }
  bool is_set() const noexcept {
    const detail::locked hold(lock_);
    return set_;
  }

  /// co_await e.wait(). Stops: while it waits; then an automatic event stays set.
  detail::event_wait wait() noexcept;

 private:
  friend class detail::event_wait;

  static constexpr std::size_t batch = 64;

  const bool automatic_;
  mutable detail::spin_lock<> lock_;  // guards what follows
  detail::atomics::plain<bool> set_;
  detail::atomics::plain<std::uint64_t> times_set_{
      0};  // so that those who come after a reset() wait for the next set()
  detail::waiting_line line_;
};

namespace detail {

class [[nodiscard]] event_wait final : public turn_wait {
 public:
  explicit event_wait(event& e) noexcept : turn_wait(e.lock_, e.line_, "an event"), event_(e) {}
  /// Before it is awaited.
  event_wait(event_wait&& other) noexcept : event_wait(other.event_) {}
  void await_resume() const noexcept {}

  std::uint64_t came_after() const noexcept { return came_after_; }

 private:
  bool take() noexcept override {
    if (!event_.set_) return false;
    if (event_.automatic_) event_.set_ = false;
    return true;
  }
  void stands() noexcept override { came_after_ = event_.times_set_; }

  event& event_;
  std::uint64_t came_after_ = 0;
};

}  // namespace detail

inline detail::event_wait event::wait() noexcept { return detail::event_wait(*this); }

inline void event::set() noexcept {
  std::uint64_t this_time = 0;
  for (bool first = true, more = true; more; first = false) {
    detail::waiting_line woken;
    {
      const detail::locked hold(lock_);
      if (first) {
        this_time = ++times_set_;
        set_ = !automatic_ || line_.empty();
      }
      const auto waits_for_this = [&] {
        return !line_.empty() && static_cast<detail::event_wait&>(*line_.front()).came_after() < this_time;
      };
      for (std::size_t n = automatic_ ? 1 : batch; n > 0 && waits_for_this(); --n)
        detail::turn_wait::give_turn(line_, *line_.front(), woken);
      more = !automatic_ && waits_for_this();
    }
    detail::turn_wait::wake(woken);
  }
}

}  // namespace magpie
