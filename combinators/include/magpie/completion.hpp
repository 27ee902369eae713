#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/counted.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/coroutine/happening_wait.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/errors.hpp>
#include <magpie/services/frame_allocator.hpp>
#include <magpie/shared_handle.hpp>

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>

namespace magpie {
namespace detail {

[[noreturn]] MAGPIE_EXPORT void throw_null_error();

/// What is set. It belongs to the completion, to those who wait, and to those who set it just now: a waiter may go on
/// and destroy the completion before they return.
template <class T>
class completion_state final : public counted<completion_state<T>> {
 public:
  /// True for the first: it alone may write, and then fires `end`, or gives the claim back.
  [[nodiscard]] bool claim() noexcept {
    return !claimed_.exchange(true, acquire);  // acquire: pairs with disclaim()
  }
  void disclaim() noexcept {
    claimed_.store(false, release);  // release: the attempt at the slot comes before the next one's
  }

  /// Of one that is set.
  typename shared_result<T>::type get() const {
    if (how == ending::error) std::rethrow_exception(error);
    if (how == ending::cancelled) throw task_cancelled();
    if constexpr (!std::is_void_v<T>) return value.peek();
  }

  happening set;
  ending how = ending::value;
  std::exception_ptr error;
  [[no_unique_address]] result_slot<T> value;

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

 private:
  friend class counted<completion_state<T>>;
  ~completion_state() = default;

  atomics::atomic<bool> claimed_{false};
};

template <class T>
class [[nodiscard]] completion_awaiter final : public happening_wait {
 public:
  explicit completion_awaiter(counted_ptr<completion_state<T>> state) noexcept
      : happening_wait(state->set, "a completion"), state_(std::move(state)) {}
  /// Before it is awaited.
  completion_awaiter(completion_awaiter&& other) noexcept : completion_awaiter(std::move(other.state_)) {}

  typename shared_result<T>::type await_resume() { return state_->get(); }

 private:
  counted_ptr<completion_state<T>> state_;
};

}  // namespace detail

/// A result that is set from outside, once, and that any number of tasks wait for: for the callbacks of other
/// libraries. The first who sets it wins. Destroying one that nobody has set cancels it, so that nobody waits for ever.
///
/// Whoever sets it may still be inside the call when a waiter goes on and destroys the completion. Threads: any, plain
/// ones too; but not beside its destruction, other than that.
template <class T = void>
class completion {
  using state = detail::completion_state<T>;

 public:
  /// Errors: std::bad_alloc. Cost: one recycled allocation.
  completion() : state_(new state) {}
  completion(const completion&) = delete;
  completion& operator=(const completion&) = delete;
  ~completion() { set_cancelled(); }

  /// Sets the value, made of `value`; a reference for T&, nothing for void. True for the first who sets anything.
  /// Errors: what T's constructor throws; then nothing is set, and this may be tried again. Cost: constant for each who
  /// waits: it is enqueued, not run here.
  template <class... U>
    requires(std::is_void_v<T> ? sizeof...(U) == 0
             : std::is_reference_v<T>
                 ? sizeof...(U) == 1 &&
                       (std::is_convertible_v<std::remove_reference_t<U>*, std::remove_reference_t<T>*> && ...)
                 : std::is_constructible_v<T, U...>)
  bool set_value(U&&... value) {
    return set([&](state& s) {
      if constexpr (std::is_void_v<T>) {
        s.how = detail::ending::value;
      } else if constexpr (sizeof...(U) == 1) {
        s.value.fill(std::forward<U>(value)...);
      } else {
        s.value.fill(T(std::forward<U>(value)...));
      }
    });
  }

  /// Sets an error: whoever waits rethrows it. Errors: usage_error for null.
  bool set_error(std::exception_ptr error) {
    if (!error) detail::throw_null_error();
    return set([&](state& s) noexcept {
      s.error = std::move(error);
      s.how = detail::ending::error;
    });
  }

  /// Whoever waits throws task_cancelled.
  bool set_cancelled() noexcept {
    return set([](state& s) noexcept { s.how = detail::ending::cancelled; });
  }

  /// Something was set.
  bool ready() const noexcept { return state_->set.has_happened(); }

  /// co_await c.wait() -> T const&; T& for references, nothing for void. The reference lasts as long as the completion.
  /// Stops: here; a stop of one leaves the others alone. Errors: what was set. Cost: no allocation.
  detail::completion_awaiter<T> wait() const noexcept { return detail::completion_awaiter<T>(state_); }

 private:
  template <class Write>
  bool set(Write write) noexcept(noexcept(write(std::declval<state&>()))) {
    state& s = *state_;
    s.add_reference();
    const detail::counted_ptr<state> kept(&s);
    if (!s.claim()) return false;
    if constexpr (noexcept(write(s))) {
      write(s);
    } else {
      try {
        write(s);
      } catch (...) {
        s.disclaim();
        throw;
      }
    }
    s.set.fire();  // *this may be gone
    return true;
  }

  detail::counted_ptr<state> state_;
};

}  // namespace magpie
