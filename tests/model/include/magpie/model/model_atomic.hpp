#pragma once

#include <magpie/model/engine.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace magpie::model {

template <class T>
concept word = std::is_trivially_copyable_v<T> && sizeof(T) <= 8;

/// A T as the 64 bits that the engine works with, and back. Numbers are extended with their sign, so that they print
/// right.
template <word T>
std::uint64_t encode(T value) noexcept {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  } else {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }
}
template <word T>
T decode(std::uint64_t bits) noexcept {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(bits);
  } else {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
}
template <class T>
constexpr value_kind kind_of() noexcept {
  if (std::is_same_v<T, bool>) return value_kind::boolean;
  if (std::is_pointer_v<T>) return value_kind::pointer;
  return std::is_signed_v<T> ? value_kind::signed_number : value_kind::unsigned_number;
}

/// std::atomic<T> under the model. Orders have no default: each is a decision that the checked code must show.
template <word T>
class atomic {
 public:
  using value_type = T;

  constexpr atomic() : atomic(T{}) {}
  /// A constant-initialised global is no atomic of any execution until a scene constructs it anew.
  constexpr atomic(T value)
      : id_(std::is_constant_evaluated() ? -1 : engine::get().open(this, encode(value), kind_of<T>())) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  ~atomic() {
    engine::get().close(id_, this);
    asm volatile("" : : "r"(this) : "memory");  // id_ must outlive the object: a late access is told by it
  }

  /// The name that a failure's table uses instead of the place in the scene. `name` must live as long.
  void called(const char* name) { engine::get().name(id_, this, name); }

  T load(std::memory_order order) const { return decode<T>(engine::get().load(id_, this, order)); }
  void store(T value, std::memory_order order) { engine::get().store(id_, this, encode(value), order); }

  T exchange(T value, std::memory_order order) {
    return modify([](std::uint64_t, std::uint64_t operand) { return operand; }, encode(value), order, "exchange");
  }

  bool compare_exchange_strong(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    return compare(expected, desired, success, failure, engine::strength::strong);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order order) {
    return compare(expected, desired, order, on_failure(order), engine::strength::strong);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success, std::memory_order failure) {
    return compare(expected, desired, success, failure, engine::strength::weak);
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order order) {
    return compare(expected, desired, order, on_failure(order), engine::strength::weak);
  }

  T fetch_add(T operand, std::memory_order order)
    requires(std::integral<T> && !std::same_as<T, bool>)
  {
    return modify([](std::uint64_t old, std::uint64_t by) { return encode(static_cast<T>(old + by)); }, encode(operand),
                  order, "fetch_add");
  }
  T fetch_sub(T operand, std::memory_order order)
    requires(std::integral<T> && !std::same_as<T, bool>)
  {
    return modify([](std::uint64_t old, std::uint64_t by) { return encode(static_cast<T>(old - by)); }, encode(operand),
                  order, "fetch_sub");
  }
  T fetch_or(T operand, std::memory_order order)
    requires(std::integral<T> && !std::same_as<T, bool>)
  {
    return modify([](std::uint64_t old, std::uint64_t by) { return old | by; }, encode(operand), order, "fetch_or");
  }
  T fetch_and(T operand, std::memory_order order)
    requires(std::integral<T> && !std::same_as<T, bool>)
  {
    return modify([](std::uint64_t old, std::uint64_t by) { return old & by; }, encode(operand), order, "fetch_and");
  }
  T fetch_xor(T operand, std::memory_order order)
    requires(std::integral<T> && !std::same_as<T, bool>)
  {
    return modify([](std::uint64_t old, std::uint64_t by) { return old ^ by; }, encode(operand), order, "fetch_xor");
  }
  T fetch_add(std::ptrdiff_t elements, std::memory_order order)
    requires std::is_pointer_v<T>
  {
    const auto bytes = elements * static_cast<std::ptrdiff_t>(sizeof(std::remove_pointer_t<T>));
    return modify([](std::uint64_t old, std::uint64_t by) { return old + by; }, static_cast<std::uint64_t>(bytes),
                  order, "fetch_add");
  }
  T fetch_sub(std::ptrdiff_t elements, std::memory_order order)
    requires std::is_pointer_v<T>
  {
    return fetch_add(-elements, order);
  }

 private:
  friend struct futex;

  T modify(engine::transform change, std::uint64_t operand, std::memory_order order, const char* verb) {
    return decode<T>(engine::get().modify(id_, this, change, operand, order, verb));
  }
  bool compare(T& expected, T desired, std::memory_order success, std::memory_order failure, engine::strength how) {
    std::uint64_t bits = encode(expected);
    const bool done = engine::get().compare_exchange(id_, this, bits, encode(desired), success, failure, how);
    if (!done) expected = decode<T>(bits);
    return done;
  }
  static std::memory_order on_failure(std::memory_order order) noexcept {
    if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
    return order == std::memory_order_release ? std::memory_order_relaxed : order;
  }

  int id_;
};

inline void fence(std::memory_order order) { engine::get().fence(order); }

}  // namespace magpie::model
