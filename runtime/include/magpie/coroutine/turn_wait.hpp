#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/blocked_task.hpp>
#include <magpie/lockfree/spin_lock.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace magpie::detail {

class turn_wait;

/// Those who wait, first come first. Guarded by the lock of what they wait for.
using waiting_line = intrusive_list<turn_wait>;

/// co_await of one's turn at something that a spin lock guards: a permit, an item, an event. What locks and channels
/// are made of (docs/protocols/sync.md). The node lives in the waiting frame, so nothing is allocated.
///
/// Y1: a turn is handed over by taking the waiter out of its line, under the lock. From then on the turn is the
/// waiter's: it goes on with it even if it was stopped meanwhile. Whoever is stopped takes itself out of the line under
/// the same lock, and has taken nothing.
class MAGPIE_EXPORT turn_wait : public native_awaiter, public list_links<turn_wait>, private blocked_task {
 public:
  turn_wait(const turn_wait&) = delete;
  turn_wait& operator=(const turn_wait&) = delete;

  bool await_ready() {
    begin();
    const locked hold(lock_);
    return take();
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend(h, 1);
  }

  // Whoever hands over.
  /// With the lock: `w`, which stands in `from`, has its turn. It must be woken after the lock was given back.
  static void give_turn(waiting_line& from, turn_wait& w, waiting_line& woken) noexcept {
    from.remove(&w);
    w.listed_ = false;
    woken.push_back(&w);
  }
  /// Without the lock. They may destroy what they waited for as soon as they are awake.
  static void wake(waiting_line& woken) noexcept {
    while (turn_wait* const w = woken.pop_front()) w->arrived(0);
  }

 protected:
  /// `what`: as dump() says it.
  turn_wait(spin_lock<>& lock, waiting_line& line, const char* what) noexcept : lock_(lock), line_(line), what_(what) {}
  ~turn_wait() = default;

  void begin() { once_.begin(); }

 private:
  // With the lock.
  /// Takes the turn, if it is there and nobody is before us. Called until it is true, or we stand in the line.
  virtual bool take() noexcept = 0;
  /// We stand in the line now.
  virtual void stands() noexcept {}
  /// False: it is settled already that we have our turn, and whoever settled it will hand it over.
  virtual bool may_leave() const noexcept { return true; }
  /// We have left the line without a turn. Others may have theirs now.
  virtual void left(waiting_line& woken) noexcept { static_cast<void>(woken); }

  void attach() noexcept override {
    {
      const locked hold(lock_);
      if (!take()) {
        listed_ = attached_ = true;
        line_.push_back(this);
        stands();
        return;
      }
    }
    happened(0);
  }
  std::uint32_t detach() noexcept override {
    if (!attached_) return 1;
    if (winner() == 0) return 0;  // Y1: it was granted, and that was what woke us: no need to look
    waiting_line woken;
    {
      const locked hold(lock_);
      if (!listed_ || !may_leave()) return 0;
      listed_ = false;
      gave_up_ = true;
      line_.remove(this);
      left(woken);
    }
    wake(woken);
    return 1;
  }
  bool obtained() noexcept override { return !gave_up_; }
  const char* waits_for() const noexcept override { return what_; }

  spin_lock<>& lock_;
  waiting_line& line_;
  const char* what_;
  awaited_once once_;
  bool attached_ = false;
  atomics::plain<bool> listed_{false};  // under the lock
  bool gave_up_ = false;
};

/// Room for a turn_wait, which is made only if its task must wait: a turn that is there at once costs nothing of it.
template <class Node>
class waiting_room {
 public:
  waiting_room() noexcept {}
  waiting_room(const waiting_room&) = delete;
  waiting_room& operator=(const waiting_room&) = delete;
  ~waiting_room() {
    if (is_used_) std::destroy_at(&node_);
  }

  /// The task of `h` waits. `from` makes the node.
  template <class Promise, class... From>
  MAGPIE_COLD std::coroutine_handle<> wait(std::coroutine_handle<Promise> h, From&&... from) noexcept {
    std::construct_at(&node_, std::forward<From>(from)...);
    is_used_ = true;
    return node_.await_suspend(h);
  }
  /// Null if nothing had to wait.
  Node* node() noexcept { return is_used_ ? &node_ : nullptr; }

 private:
  union {
    Node node_;
  };
  bool is_used_ = false;
};

}  // namespace magpie::detail
