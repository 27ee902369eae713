#pragma once

// Included by magpie/base/atomic.hpp, after std_atomics, through one of the policies that the tests put in its place.

namespace magpie::detail {

enum class access : std::uint32_t {
  load,
  store,
  seq_cst_store,
  exchange,
  compare_exchange,
  fetch_add,
  fetch_sub,
  fetch_bits,
};

/// An atomic around whose accesses a Watch stands: it is made from the kind of the access before it, and destroyed
/// after.
template <class T, class Watch>
class watched_atomic {
 public:
  constexpr watched_atomic() noexcept = default;
  constexpr watched_atomic(T value) noexcept : value_(value) {}  // implicit, as std's
  watched_atomic(const watched_atomic&) = delete;
  watched_atomic& operator=(const watched_atomic&) = delete;

  T load(std::memory_order order) const noexcept {
    const Watch here(access::load);
    return value_.load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    const Watch here(order == seq_cst ? access::seq_cst_store : access::store);
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order) noexcept {
    const Watch here(access::exchange);
    return value_.exchange(value, order);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    const Watch here(access::compare_exchange);
    return value_.compare_exchange_weak(expected, value, success, failure);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    const Watch here(access::compare_exchange);
    return value_.compare_exchange_strong(expected, value, success, failure);
  }
  T fetch_add(T n, std::memory_order order) noexcept {
    const Watch here(access::fetch_add);
    return value_.fetch_add(n, order);
  }
  T fetch_sub(T n, std::memory_order order) noexcept {
    const Watch here(access::fetch_sub);
    return value_.fetch_sub(n, order);
  }
  T fetch_or(T bits, std::memory_order order) noexcept {
    const Watch here(access::fetch_bits);
    return value_.fetch_or(bits, order);
  }
  T fetch_and(T bits, std::memory_order order) noexcept {
    const Watch here(access::fetch_bits);
    return value_.fetch_and(bits, order);
  }

 private:
  std::atomic<T> value_{};
};

}  // namespace magpie::detail
