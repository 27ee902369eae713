#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/turn_wait.hpp>
#include <magpie/errors.hpp>
#include <magpie/semaphore.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace magpie {

template <class T>
class channel;

/// For a channel that always has room.
inline constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

namespace detail {

/// A value on its way, apart from the channel's lock: what is done to values is code of others.
template <class T>
struct channel_item : list_links<channel_item<T>> {
  template <class... U>
  explicit channel_item(U&&... from) : value(std::forward<U>(from)...) {}

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

  T value;
};

/// What a channel and those who wait in it share, and the moves of items between them.
template <class T>
struct channel_state {
  using item = channel_item<T>;

  /// One who waits, and the item that it brings or gets.
  class waiter : public turn_wait {
   public:
    item* carried = nullptr;
    waiting_line woken;  // by it, when it found its turn at its second look

   protected:
    waiter(channel_state& s, waiting_line& line, const char* what) noexcept : turn_wait(s.lock, line, what), state(s) {}
    ~waiter() { delete carried; }

    channel_state& state;
  };

  explicit channel_state(std::size_t most) noexcept : capacity(most) {}
  channel_state(const channel_state&) = delete;
  channel_state& operator=(const channel_state&) = delete;
  ~channel_state() {
    if (!senders.empty() || !receivers.empty()) [[unlikely]]
      die_waited_on("channel");
    while (item* const i = items.pop_front()) delete i;
  }

  // With the lock.
  static waiter& first_of(waiting_line& line) noexcept { return static_cast<waiter&>(*line.front()); }
  /// True: the item is the channel's, or a receiver's.
  bool put(item* i, waiting_line& woken) noexcept {
    if (!receivers.empty()) {
      waiter& r = first_of(receivers);
      r.carried = i;
      turn_wait::give_turn(receivers, r, woken);
      return true;
    }
    if (count >= capacity) return false;
    items.push_back(i);
    ++count;
    return true;
  }
  item* get(waiting_line& woken) noexcept {
    item* i = items.pop_front();
    if (i != nullptr) --count;
    if (!senders.empty()) {  // there is room now, or we are at a rendezvous
      waiter& s = first_of(senders);
      item* const brought = std::exchange(s.carried, nullptr);
      turn_wait::give_turn(senders, s, woken);
      if (i == nullptr) return brought;
      items.push_back(brought);
      ++count;
    }
    return i;
  }

  /// True: `i` was sent, and is null now; or it is still here, and the channel is closed.
  template <class Place>
  bool send(Place& i, waiting_line& woken) noexcept {
    if (closed) return true;
    if (!put(i, woken)) return false;
    i = nullptr;
    return true;
  }
  /// True: `i` was received; or it is null, and the channel is closed.
  template <class Place>
  bool receive(Place& i, waiting_line& woken) noexcept {
    i = get(woken);
    return i != nullptr || closed;
  }

  const std::size_t capacity;
  spin_lock<> lock;  // guards what follows
  atomics::plain<bool> closed{false};
  atomics::plain<std::size_t> count{0};  // in the channel, or announced by try_send()
  intrusive_list<item> items;
  waiting_line senders;    // nobody, if there is room
  waiting_line receivers;  // nobody, if there is an item
};

/// One who waits to send, with its item; it is gone when it was sent.
template <class T>
class channel_sender final : public channel_state<T>::waiter {
  using state_type = channel_state<T>;

 public:
  channel_sender(state_type& s, typename state_type::item* i) noexcept
      : state_type::waiter(s, s.senders, "room in a channel") {
    this->carried = i;
  }

 private:
  bool take() noexcept override { return this->state.send(this->carried, this->woken); }
};

template <class T>
class channel_receiver final : public channel_state<T>::waiter {
  using state_type = channel_state<T>;

 public:
  explicit channel_receiver(state_type& s) noexcept : state_type::waiter(s, s.receivers, "an item of a channel") {}

 private:
  bool take() noexcept override { return this->state.receive(this->carried, this->woken); }
};

template <class T>
class [[nodiscard]] channel_send : public native_awaiter {
  using state_type = channel_state<T>;
  using item = typename state_type::item;

 public:
  channel_send(state_type& s, item* i) noexcept : state_(s), carried_(i) {}
  /// Before it is awaited.
  channel_send(channel_send&& other) noexcept : channel_send(other.state_, std::exchange(other.carried_, nullptr)) {}
  ~channel_send() { delete carried_; }

  bool await_ready() {
    if (carried_ == nullptr) throw usage_error("magpie: this send was awaited before, or moved from");
    waiting_line woken;
    bool ready = false;
    {
      const locked hold(state_.lock);
      ready = state_.send(carried_, woken);
    }
    turn_wait::wake(woken);
    return ready;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return room_.wait(h, state_, std::exchange(carried_, nullptr));
  }
  void await_resume() {
    if (channel_sender<T>* const s = room_.node()) {
      turn_wait::wake(s->woken);
      carried_ = std::exchange(s->carried, nullptr);
    }
    if (carried_ != nullptr) [[unlikely]]
      throw channel_closed();
  }

 private:
  state_type& state_;
  item* carried_;
  waiting_room<channel_sender<T>> room_;
};

template <class T>
class [[nodiscard]] channel_receive : public native_awaiter {
  using state_type = channel_state<T>;
  using item = typename state_type::item;

 public:
  explicit channel_receive(state_type& s) noexcept : state_(s) {}
  /// Before it is awaited.
  channel_receive(channel_receive&& other) noexcept : channel_receive(other.state_) {}
  ~channel_receive() { delete carried_; }

  bool await_ready() {
    once_.begin();
    waiting_line woken;
    bool ready = false;
    {
      const locked hold(state_.lock);
      ready = state_.receive(carried_, woken);
    }
    turn_wait::wake(woken);
    return ready;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return room_.wait(h, state_);
  }
  std::optional<T> await_resume() {
    if (channel_receiver<T>* const r = room_.node()) {
      turn_wait::wake(r->woken);
      carried_ = std::exchange(r->carried, nullptr);
    }
    const std::unique_ptr<item> got(std::exchange(carried_, nullptr));
    return got ? std::optional<T>(std::move(got->value)) : std::nullopt;
  }

 private:
  state_type& state_;
  item* carried_ = nullptr;
  awaited_once once_;
  waiting_room<channel_receiver<T>> room_;
};

}  // namespace detail

/// Carries values from tasks to tasks, first in, first out: many senders, many receivers. Holds up to `capacity`
/// values: then senders wait. 0 is a rendezvous: a sender waits for its receiver. `unbounded` never waits.
///
/// Values that nobody received are destroyed with the channel, once each. Threads: any, also of several runtimes; what
/// does not wait, plain threads too. Cost: an atomic exchange and a recycled allocation for each value. Destroying one
/// that somebody waits for ends the process with a message.
template <class T>
class channel {
  static_assert(std::is_object_v<T> && std::is_move_constructible_v<T>, "magpie: a channel carries movable objects");
  using item = detail::channel_item<T>;

 public:
  explicit channel(std::size_t capacity) noexcept : state_(capacity) {}

  /// co_await c.send(value). Stops: while it waits for room; then nothing was sent, and the value is destroyed. Errors:
  /// channel_closed, also for one that waits when it is closed; std::bad_alloc, at the call.
  template <class U = T>
    requires std::constructible_from<T, U>
  detail::channel_send<T> send(U&& value) {
    return detail::channel_send<T>(state_, new item(std::forward<U>(value)));
  }

  /// co_await c.receive() -> std::optional<T>: the next value; nothing once the channel is closed and empty. Stops:
  /// while it waits; then nothing was received.
  detail::channel_receive<T> receive() noexcept { return detail::channel_receive<T>(state_); }

  /// False if it is full, or, at a rendezvous, nobody waits to receive; or if it is closed. Then a T that was given
  /// away is as before, if T can be assigned. Errors: std::bad_alloc; what T's constructor throws.
  template <class U = T>
    requires std::constructible_from<T, U>
  bool try_send(U&& value) {
    {
      const detail::locked hold(state_.lock);
      if (state_.closed || (state_.receivers.empty() && state_.count >= state_.capacity)) return false;
    }
    // The code of others, without the lock.
    std::unique_ptr<item> made(new item(std::forward<U>(value)));
    detail::waiting_line woken;
    bool sent = false;
    {
      const detail::locked hold(state_.lock);
      sent = !state_.closed && state_.put(made.get(), woken);
    }
    if (sent) made.release();  // NOLINT(bugprone-unused-return-value): it is the channel's
    detail::turn_wait::wake(woken);
    if constexpr (std::same_as<U, T> && std::is_move_assignable_v<T>) {
      if (!sent) value = std::move(made->value);
    }
    return sent;
  }

  /// The next value, if there is one.
  std::optional<T> try_receive() {
    detail::waiting_line woken;
    std::unique_ptr<item> got;
    {
      const detail::locked hold(state_.lock);
      got.reset(state_.get(woken));
    }
    detail::turn_wait::wake(woken);
    return got ? std::optional<T>(std::move(got->value)) : std::nullopt;
  }

  /// No more is sent: senders get channel_closed, those that wait too; receivers get what is there, and then nothing.
  /// Again: does nothing.
  void close() noexcept {
    for (bool more = true; more;) {
      detail::waiting_line woken;
      {
        const detail::locked hold(state_.lock);
        state_.closed = true;
        more = take_some(state_.senders, woken) || take_some(state_.receivers, woken);
      }
      detail::turn_wait::wake(woken);
    }
  }

  bool is_closed() const noexcept {
    const detail::locked hold(state_.lock);
    return state_.closed;
  }
  /// Values in it just now.
  std::size_t size() const noexcept {
    const detail::locked hold(state_.lock);
    return state_.count;
  }
  std::size_t capacity() const noexcept { return state_.capacity; }

 private:
  /// With the lock: so many that nobody waits long for it. True: there are more.
  static bool take_some(detail::waiting_line& from, detail::waiting_line& woken) noexcept {
    for (int n = 64; n > 0 && !from.empty(); --n) detail::turn_wait::give_turn(from, *from.front(), woken);
    return !from.empty();
  }

  mutable detail::channel_state<T> state_;
};

}  // namespace magpie
