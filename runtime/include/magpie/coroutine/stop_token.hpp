#pragma once

#include <magpie/base/config.hpp>
#include <magpie/clock.hpp>
#include <magpie/coroutine/stop_state.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace magpie {

template <class F>
class stop_callback;

namespace detail {

/// A counted reference to a state.
class stop_reference {
 public:
  stop_reference() noexcept = default;
  /// Takes over a reference.
  explicit stop_reference(stop_state* s) noexcept : state(s) {}
  stop_reference(const stop_reference& other) noexcept : state(other.state) {
    if (state != nullptr) state->add_reference();
  }
  stop_reference(stop_reference&& other) noexcept : state(std::exchange(other.state, nullptr)) {}
  stop_reference& operator=(stop_reference other) noexcept {
    std::swap(state, other.state);
    return *this;
  }
  ~stop_reference() {
    if (state != nullptr) state->drop_reference();
  }

  stop_state* state = nullptr;
};

}  // namespace detail

/// Tells whether a stop was requested; shared, as std::stop_token is. Cost: a poll is one load.
class stop_token {
 public:
  stop_token() noexcept = default;
  explicit stop_token(detail::stop_reference r) noexcept : shared_(std::move(r)) {}

  [[nodiscard]] bool stop_requested() const noexcept {
    if (detail::current_virtual_time != nullptr) detail::current_virtual_time->polled();
    return shared_.state != nullptr && shared_.state->stopped();
  }
  [[nodiscard]] bool stop_possible() const noexcept {
    return shared_.state != nullptr && shared_.state->stop_possible();
  }
  void swap(stop_token& other) noexcept { std::swap(shared_.state, other.shared_.state); }
  friend void swap(stop_token& a, stop_token& b) noexcept { a.swap(b); }
  friend bool operator==(const stop_token& a, const stop_token& b) noexcept {
    return a.shared_.state == b.shared_.state;
  }

 private:
  template <class F>
  friend class stop_callback;
  detail::stop_reference shared_;
};

/// Requests a stop that its tokens see; shared, as std::stop_source is.
class stop_source {
 public:
  /// Errors: std::bad_alloc.
  stop_source() : shared_(new detail::stop_state(1)) {}
  stop_source(const stop_source& other) noexcept : shared_(other.shared_) {
    if (shared_.state != nullptr) shared_.state->add_source();
  }
  stop_source(stop_source&&) noexcept = default;
  stop_source& operator=(stop_source other) noexcept {
    std::swap(shared_.state, other.shared_.state);
    return *this;
  }
  ~stop_source() {
    if (shared_.state != nullptr) shared_.state->drop_source();
  }

  /// True for the first. Runs the callbacks on this thread. Threads: any.
  bool request_stop() noexcept { return shared_.state != nullptr && shared_.state->request(); }
  [[nodiscard]] bool stop_requested() const noexcept { return get_token().stop_requested(); }
  [[nodiscard]] bool stop_possible() const noexcept { return shared_.state != nullptr; }
  [[nodiscard]] stop_token get_token() const noexcept { return stop_token(shared_); }
  void swap(stop_source& other) noexcept { std::swap(shared_.state, other.shared_.state); }
  friend void swap(stop_source& a, stop_source& b) noexcept { a.swap(b); }
  friend bool operator==(const stop_source& a, const stop_source& b) noexcept {
    return a.shared_.state == b.shared_.state;
  }

 private:
  detail::stop_reference shared_;
};

/// Calls `callback` once when a stop is requested, on the thread that requests it; at once, here, if one was. Its
/// destructor waits for a call that is running on another thread, as std::stop_callback's does; inside the call it may
/// destroy itself. The callback must not throw.
template <class F>
class stop_callback final : private detail::stop_listener {
 public:
  using callback_type = F;

  template <class C>
    requires std::constructible_from<F, C>
  explicit stop_callback(const stop_token& token, C&& callback)
      : shared_(token.shared_), callback_(std::forward<C>(callback)) {
    listen();
  }
  template <class C>
    requires std::constructible_from<F, C>
  explicit stop_callback(stop_token&& token, C&& callback)
      : shared_(std::move(token.shared_)), callback_(std::forward<C>(callback)) {
    listen();
  }
  stop_callback(const stop_callback&) = delete;
  stop_callback& operator=(const stop_callback&) = delete;
  ~stop_callback() {
    if (shared_.state != nullptr) shared_.state->remove(*this);
  }

 private:
  void listen() noexcept {
    if (shared_.state != nullptr && !shared_.state->add(*this)) std::forward<F>(callback_)();
  }
  void stop_requested() noexcept override { std::forward<F>(callback_)(); }

  detail::stop_reference shared_;
  F callback_;
};
template <class F>
stop_callback(stop_token, F) -> stop_callback<F>;

}  // namespace magpie
