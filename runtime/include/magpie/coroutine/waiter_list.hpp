#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/lockfree/spin_lock.hpp>

#include <cstddef>

namespace magpie::detail {

/// One of many who wait for the same thing. `arrive` is called at most once for each time that it was listed, by the
/// thread that took it out of its list, without a lock; the node may be gone as soon as it is called.
template <class Atomics>
struct basic_waiter : list_links<basic_waiter<Atomics>, void, Atomics> {
  using function = void (*)(basic_waiter*) noexcept;

  explicit basic_waiter(function f) noexcept : arrive(f) {}
  basic_waiter(const basic_waiter&) = delete;
  basic_waiter& operator=(const basic_waiter&) = delete;

  const function arrive;
  /// The list's, under its lock.
  typename Atomics::template plain<bool> listed{false};

 protected:
  ~basic_waiter() = default;
};

/// Those who wait for something, first come first (docs/protocols/waiter_list.md): what events, locks and channels are
/// made of. The waiters live in the frames of their tasks. What they wait for is guarded by the same lock, so that
/// nobody lies down for what is there already.
///
/// Cost: constant for each waiter, no allocation; a hold of the lock takes out at most `batch` of them.
template <class Atomics = atomics>
class waiter_list {
 public:
  using waiter = basic_waiter<Atomics>;
  using taken = intrusive_list<waiter, void, Atomics>;
  static constexpr std::size_t batch = 64;

  waiter_list() noexcept = default;
  waiter_list(const waiter_list&) = delete;
  waiter_list& operator=(const waiter_list&) = delete;

  /// Guards the list, and what its owner decides together with it.
  spin_lock<Atomics>& lock() noexcept { return lock_; }

  // With the lock ------------------------------------------------------------------------------------------------

  bool empty() const noexcept { return waiting_.empty(); }
  void push(waiter& w) noexcept {
    w.listed = true;
    waiting_.push_back(&w);
  }
  /// L1: takes out the first, up to `most`: each is to be woken, after unlock.
  void take(taken& out, std::size_t most) noexcept {
    for (; most > 0 && !waiting_.empty(); --most) {
      waiter* const w = waiting_.pop_front();
      w->listed = false;
      out.push_back(w);
    }
  }

  // Without the lock ---------------------------------------------------------------------------------------------

  /// True: `w`, which was listed, will not arrive. False: its arrival is on the way and must be waited for.
  [[nodiscard]] bool leave(waiter& w) noexcept {
    const locked hold(lock_);
    if (!w.listed) return false;  // L1: it was taken under this lock
    w.listed = false;
    waiting_.remove(&w);
    return true;
  }

  /// L2: the others keep still until they have arrived, so the rest of the list can be read.
  static void wake(taken& woken) noexcept {
    while (waiter* const w = woken.pop_front()) w->arrive(w);
  }

 private:
  spin_lock<Atomics> lock_;
  taken waiting_;
};

/// Something that happens once, and all who wait for it.
template <class Atomics = atomics>
class basic_happening {
 public:
  using waiter = basic_waiter<Atomics>;

  /// Any thread.
  bool has_happened() const noexcept {
    return happened_.load(acquire);  // L3: pairs with fire(): what was written before it
  }

  /// False: it has happened, and `w` is not listed. True: `w` will arrive.
  [[nodiscard]] bool attach(waiter& w) noexcept {
    const locked hold(waiters_.lock());
    if (happened_.load(relaxed)) return false;  // relaxed: under the lock, under which it was set
    waiters_.push(w);
    return true;
  }
  /// As waiter_list::leave().
  [[nodiscard]] bool detach(waiter& w) noexcept { return waiters_.leave(w); }

  /// Once, by a thread that keeps *this until it returns: those who wake up may drop it. Cost: in small batches, so
  /// that one who wants to leave does not wait for 100,000 others.
  void fire() noexcept {
    for (bool more = true; more;) {
      typename waiter_list<Atomics>::taken woken;
      {
        const locked hold(waiters_.lock());
        happened_.store(true, release);  // L3: pairs with has_happened()
        waiters_.take(woken, waiters_.batch);
        more = !waiters_.empty();
      }
      waiters_.wake(woken);
    }
  }

 private:
  waiter_list<Atomics> waiters_;
  typename Atomics::template atomic<bool> happened_{false};
};

using happening = basic_happening<>;

}  // namespace magpie::detail
