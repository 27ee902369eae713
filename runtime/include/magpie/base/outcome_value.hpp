#pragma once

#include <magpie/base/result_slot.hpp>
#include <magpie/errors.hpp>

#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

namespace magpie {

/// How a task ended: with a value, with an error, or cancelled. Move-only if T is; for T& it refers, for void it holds
/// nothing.
template <class T>
class outcome {
  using stored = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, detail::stored_t<T>>;
  struct cancelled_t {};

 public:
  /// Cancelled.
  outcome() noexcept : state_(std::in_place_index<2>) {}
  explicit outcome(std::exception_ptr error) noexcept : state_(std::in_place_index<1>, std::move(error)) {}
  template <class... U>
  explicit outcome(std::in_place_t, U&&... value) : state_(std::in_place_index<0>, hold(std::forward<U>(value)...)) {}

  bool has_value() const noexcept { return state_.index() == 0; }
  bool has_error() const noexcept { return state_.index() == 1; }
  bool is_cancelled() const noexcept { return state_.index() == 2; }

  /// Moves the value out. Errors: rethrows the error; throws task_cancelled.
  T value() {
    if (has_error()) std::rethrow_exception(std::get<1>(state_));
    if (is_cancelled()) throw task_cancelled();
    if constexpr (std::is_reference_v<T>) {
      return *std::get<0>(state_);
    } else if constexpr (!std::is_void_v<T>) {
      return std::move(std::get<0>(state_));
    }
  }

  /// The error; null if there is none.
  std::exception_ptr error() const noexcept { return has_error() ? std::get<1>(state_) : nullptr; }

 private:
  template <class... U>
  static decltype(auto) hold(U&&... value) {
    if constexpr (std::is_reference_v<T>) {
      return (std::addressof(value), ...);
    } else if constexpr (std::is_void_v<T>) {
      return std::monostate{};
    } else {
      return (std::forward<U>(value), ...);
    }
  }

  std::variant<stored, std::exception_ptr, cancelled_t> state_;
};

}  // namespace magpie
