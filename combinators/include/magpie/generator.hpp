#pragma once

#include <magpie/base/assert.hpp>
#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/promise.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/errors.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace magpie {

template <class T>
class generator;

namespace detail {

template <class T>
struct generator_promise;
[[noreturn]] MAGPIE_EXPORT void throw_asked_already();

/// co_await of a generator's next value. A boundary, so that a generator that ends cancelled is known to be gone.
template <class T>
class [[nodiscard]] next_value final : public native_awaiter, private boundary_join {
 public:
  explicit next_value(generator<T>& g) noexcept : boundary_join(generator_ended), generator_(g) {}
  /// Before it is awaited.
  next_value(next_value&& other) noexcept : next_value(other.generator_) {}
  next_value& operator=(next_value&&) = delete;

  bool await_ready() {
    once_.begin();
    return !generator_.coroutine_;
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) {
    if (generator_.is_asked()) [[unlikely]]
      throw_asked_already();
    worker_context& w = *current_worker;
    promise_base& me = h.promise();
    if (stop_requested(w, me.join->inside)) [[unlikely]]
      return transfer(w, end_cancelled(me));
    this->parent = as_task_coroutine(h);
    this->inside = me.join->inside;
    generator_promise<T>& p = generator_.promise();
    p.asked.store(true, relaxed);  // relaxed: see there
    p.join = this;
    p.result = &nothing_;
    p.kind = role::boundary;
    return transfer(w, generator_.coroutine_);
  }
  T* await_resume() {
    if (this->end == ending::error) std::rethrow_exception(std::move(this->error));
    if (this->end == ending::cancelled) throw task_cancelled();
    return value_;
  }

  /// The generator has come to this one; who asked goes on.
  task_coroutine yield(T& value) noexcept {
    value_ = &value;
    return this->parent;
  }
  static next_value& of(promise_base& p) noexcept {
    return static_cast<next_value&>(static_cast<boundary_join&>(*p.join));
  }

 private:
  static verdict generator_ended(boundary_join* join) noexcept {
    static_cast<next_value*>(join)->generator_.coroutine_ = nullptr;  // its frame is gone
    return boundary_end(join);
  }

  generator<T>& generator_;
  awaited_once once_;
  T* value_ = nullptr;
  [[no_unique_address]] result_slot<void> nothing_;
};

/// co_yield: the value, which lives in the generator's frame until it is asked for the next one.
template <class T>
class yielded {
 public:
  template <class U>
  explicit yielded(std::in_place_t, U&& from) : value_(std::forward<U>(from)) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    h.promise().asked.store(false, relaxed);  // relaxed: see there
    return transfer(*current_worker, next_value<T>::of(h.promise()).yield(value_));
  }
  void await_resume() const noexcept {}

 private:
  T value_;
};

template <class T>
struct generator_promise final : promise_common<void, freed::by_destroy> {
  generator<T> get_return_object() noexcept;
  void return_void() const noexcept {}
  template <class U = T>
    requires std::constructible_from<T, U>
  yielded<T> yield_value(U&& value) {
    return yielded<T>(std::in_place, std::forward<U>(value));
  }

  /// Somebody awaits the next value. relaxed: those who may ask do it one after the other, and are ordered by what
  /// makes them; it is there to find the others, and for them no order would do.
  atomics::atomic<bool> asked{false};
};

}  // namespace detail

/// A lazy sequence, made by a coroutine that may co_await what it needs and co_yield its values:
///
///     while (T* value = co_await numbers.next()) use(*value);
///
/// It runs only while somebody awaits next(), as a part of the one who does, on its worker and under its stops and
/// deadlines. Move-only; one consumer at a time. A generator that is destroyed early destroys what its body holds.
/// Moving or destroying one while somebody awaits next() ends the process with a message. Cost: one recycled frame; two
/// transfers a value.
template <class T>
class [[nodiscard]] generator {
  static_assert(std::is_object_v<T>, "magpie: a generator yields objects: return pointers instead of references");

 public:
  using promise_type = detail::generator_promise<T>;

  generator() noexcept = default;
  generator(generator&& other) noexcept : coroutine_(other.release()) {}
  generator& operator=(generator&& other) noexcept {
    generator(std::move(other)).swap(*this);
    return *this;
  }
  ~generator() {
    if (const detail::task_coroutine c = release()) c.destroy();
  }
  void swap(generator& other) noexcept { std::swap(coroutine_, other.coroutine_); }

  /// co_await g.next() -> T*: the next value, which may be changed or moved from, and lasts until the next call; null
  /// at the end, and after it. Stops: here, and wherever the body stops. Errors: what the body throws, once, and then
  /// it is at its end; task_cancelled if the body ended itself as cancelled; usage_error if somebody awaits the next
  /// value already.
  detail::next_value<T> next() noexcept { return detail::next_value<T>(*this); }

 private:
  friend detail::next_value<T>;
  friend promise_type;
  explicit generator(detail::task_coroutine c) noexcept : coroutine_(c) {}

  promise_type& promise() const noexcept { return static_cast<promise_type&>(coroutine_.promise()); }
  bool is_asked() const noexcept { return coroutine_ && promise().asked.load(detail::relaxed); }  // relaxed: see there
  detail::task_coroutine release() noexcept {
    if (is_asked()) [[unlikely]]
      detail::fatal("magpie: a generator is being moved or destroyed while somebody awaits its next value");
    return std::exchange(coroutine_, nullptr);
  }

  detail::task_coroutine coroutine_;
};

template <class T>
generator<T> detail::generator_promise<T>::get_return_object() noexcept {
  this->remember_address();
  return generator<T>(as_task_coroutine(std::coroutine_handle<generator_promise>::from_promise(*this)));
}

}  // namespace magpie
