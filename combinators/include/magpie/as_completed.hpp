#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/counted.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/timed_wait.hpp>
#include <magpie/handle_range.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/lockfree/spin_lock.hpp>
#include <magpie/spawn/spawned.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

namespace magpie {
namespace detail {

class feed_wait;

/// The ends of many tasks, in order, for one who takes them one by one (docs/protocols/completed_feed.md). One block
/// with all its nodes. It belongs to its stream and to each node that is attached: when the stream goes, arrivals may
/// be in flight.
class completed_feed final : public counted<completed_feed> {
 public:
  /// For `tasks` of them, not yet attached. Errors: std::bad_alloc; usage_error for too many.
  MAGPIE_EXPORT static counted_ptr<completed_feed> make(std::size_t tasks);

  // The stream ---------------------------------------------------------------------------------------------------

  /// Attaches the next task. Errors: usage_error if it is none, or somebody waits for it.
  MAGPIE_EXPORT void watch(spawned_base* task);
  /// The number of the next that has ended, if any has.
  static constexpr std::size_t none = ~std::size_t{0};
  MAGPIE_EXPORT std::size_t take() noexcept;
  /// How many have not been taken.
  std::size_t remaining() const noexcept { return remaining_; }

  /// Whether there are tasks of which no end has arrived; else none must be touched any more.
  MAGPIE_EXPORT bool watches() noexcept;
  /// Leaves task `i`, if it is still the one that is at `task`: one that is not has ended, and its handle was used.
  MAGPIE_EXPORT void leave(std::size_t i, const spawned_base* task) noexcept;

  // One who waits ------------------------------------------------------------------------------------------------

  enum class attached : std::uint8_t { yes, nothing_to_wait_for, somebody_waits };
  [[nodiscard]] attached attach(feed_wait& w) noexcept;
  /// True: `w` will not arrive.
  [[nodiscard]] bool detach(feed_wait& w) noexcept;
  /// Whether there is a task among them that cannot end before what runs in `inside`.
  bool watches_around(const scope* inside) noexcept;

  static void operator delete(completed_feed* feed, std::destroying_delete_t) noexcept;

 private:
  struct node final : arrival, list_links<node> {
    explicit node(completed_feed& f, spawned_base* t) noexcept : arrival(on_end), feed(f), task(t) {}
    completed_feed& feed;
    spawned_base* task;
  };

  explicit completed_feed(std::size_t tasks) noexcept : room_(tasks) {}
  node* nodes() noexcept;
  static std::size_t bytes_for(std::size_t tasks) noexcept;
  static void on_end(arrival* a) noexcept;

  const std::size_t room_;
  // The stream's.
  atomics::plain<std::size_t> watched_{0};
  atomics::plain<std::size_t> remaining_{0};

  spin_lock<> lock_;  // guards all that follows
  intrusive_list<node> ended_;
  atomics::plain<std::size_t> arrived_{0};
  atomics::plain<feed_wait*> waiting_{nullptr};
};

/// Waits for the next end.
class MAGPIE_EXPORT feed_wait : public borrowing_awaiter, private timed_wait {
 public:
  bool await_ready();
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend_timed(h, 1);
  }
  /// By the feed: there is one. Afterwards *this may be gone.
  void next_has_ended() noexcept { arrived(0); }

 protected:
  feed_wait(completed_feed* feed, time_limit limit) noexcept : timed_wait(limit), feed_(feed) {}
  /// Before it is awaited.
  feed_wait(feed_wait&& other) noexcept : feed_wait(other.feed_, other.limit()) {}
  ~feed_wait() = default;

  /// The number of the task, or none.
  std::size_t take();

 private:
  void attach() noexcept override;
  std::uint32_t detach() noexcept override;
  bool obtained() noexcept override { return false; }  // it stays in the feed
  const char* waits_for() const noexcept override { return "the next of as_completed"; }

  completed_feed* feed_;
  std::size_t taken_ = completed_feed::none;
  awaited_once once_;
  bool attached_ = false;
};

template <class T>
class [[nodiscard]] next_completed_awaiter final : public feed_wait {
 public:
  next_completed_awaiter(completed_feed* feed, std::span<join_handle<T>> handles, time_limit limit) noexcept
      : feed_wait(feed, limit), handles_(handles) {}
  next_completed_awaiter(next_completed_awaiter&& other) noexcept
      : feed_wait(std::move(other)), handles_(other.handles_) {}

  join_handle<T>* await_resume() {
    const std::size_t i = take();
    return i == completed_feed::none ? nullptr : &handles_[i];
  }

 private:
  std::span<join_handle<T>> handles_;
};

}  // namespace detail

/// The handles of a range as their tasks end: what as_completed() returns. It borrows them: they stay where they are as
/// long as the stream lives, and nobody else waits for those that it has not given. Destroying it early leaves the
/// other tasks running, and usable. One task at a time takes from it.
template <class T>
class [[nodiscard]] completion_stream {
 public:
  explicit completion_stream(std::span<join_handle<T>> handles)
      : handles_(handles), feed_(detail::completed_feed::make(handles.size())) {
    try {
      for (join_handle<T>& h : handles) feed_->watch(detail::handle_access::task(h));
    } catch (...) {
      leave();
      throw;
    }
  }
  completion_stream(completion_stream&&) noexcept = default;
  completion_stream& operator=(completion_stream&& other) noexcept {
    if (this != &other) {
      leave();
      handles_ = other.handles_;
      feed_ = std::move(other.feed_);
    }
    return *this;
  }
  ~completion_stream() { leave(); }

  /// co_await stream.next() -> join_handle<T>*: the next whose task has ended, in order of completion; nullptr when all
  /// have been given. Its result is for the caller to take: `h->get()`, or `co_await *h`.
  /// Stops: if it must wait; then nothing is lost. Errors: usage_error if it must wait, and somebody else does, or the
  /// end of this very task, or of one that it is a part of, is among what it waits for. Cost: constant.
  detail::next_completed_awaiter<T> next() noexcept { return {feed_.get(), handles_, detail::time_limit()}; }

  /// co_await stream.next_until(time) -> join_handle<T>*: also nullptr if none has ended by then.
  detail::next_completed_awaiter<T> next_until(clock::time_point deadline) noexcept {
    return {feed_.get(), handles_, detail::time_limit(deadline)};
  }

  /// How many have not been given yet.
  std::size_t remaining() const noexcept { return feed_ ? feed_->remaining() : 0; }

 private:
  void leave() noexcept {
    if (!feed_) return;
    if (feed_->watches()) {
      for (std::size_t i = 0; i < handles_.size(); ++i) feed_->leave(i, detail::handle_access::task(handles_[i]));
    }
    feed_ = {};
  }

  std::span<join_handle<T>> handles_;
  detail::counted_ptr<detail::completed_feed> feed_;
};

/// as_completed(handles) -> completion_stream<T>: attaches to all of them once, here. `handles`: as for wait(); none at
/// all make a stream that is at its end.
/// Errors: usage_error if a handle is invalid or is waited on, std::bad_alloc; then nothing stays registered. Cost: one
/// recycled allocation; constant for each task that ends. Threads: any.
template <detail::handle_range R>
completion_stream<detail::handle_value_t<R>> as_completed(R&& handles) {
  return completion_stream<detail::handle_value_t<R>>(detail::span_of(handles));
}

}  // namespace magpie
