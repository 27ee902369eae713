#pragma once

// Included by magpie/base/atomic.hpp, after std_atomics.

namespace magpie::detail {

/// What this thread did. Read-modify-writes lock a line; the seq_cst store is the one exchange-like store of a pop.
struct access_counts {
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t seq_cst_stores = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t compare_exchanges = 0;
  std::uint64_t fetch_adds = 0;
  std::uint64_t fetch_subs = 0;
  std::uint64_t fetch_bits = 0;

  std::uint64_t read_modify_writes() const noexcept {
    return exchanges + compare_exchanges + fetch_adds + fetch_subs + fetch_bits;
  }
  friend access_counts operator-(access_counts a, const access_counts& b) noexcept {
    a.loads -= b.loads;
    a.stores -= b.stores;
    a.seq_cst_stores -= b.seq_cst_stores;
    a.exchanges -= b.exchanges;
    a.compare_exchanges -= b.compare_exchanges;
    a.fetch_adds -= b.fetch_adds;
    a.fetch_subs -= b.fetch_subs;
    a.fetch_bits -= b.fetch_bits;
    return a;
  }
};
inline constinit thread_local access_counts counts_of_this_thread;

template <class T>
class counting_atomic {
 public:
  constexpr counting_atomic() noexcept = default;
  constexpr counting_atomic(T value) noexcept : value_(value) {}  // implicit, as std's
  counting_atomic(const counting_atomic&) = delete;
  counting_atomic& operator=(const counting_atomic&) = delete;

  T load(std::memory_order order) const noexcept {
    ++counts_of_this_thread.loads;
    return value_.load(order);
  }
  void store(T value, std::memory_order order) noexcept {
    ++counts_of_this_thread.stores;
    if (order == seq_cst) ++counts_of_this_thread.seq_cst_stores;
    value_.store(value, order);
  }
  T exchange(T value, std::memory_order order) noexcept {
    ++counts_of_this_thread.exchanges;
    return value_.exchange(value, order);
  }
  bool compare_exchange_weak(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    ++counts_of_this_thread.compare_exchanges;
    return value_.compare_exchange_weak(expected, value, success, failure);
  }
  bool compare_exchange_strong(T& expected, T value, std::memory_order success, std::memory_order failure) noexcept {
    ++counts_of_this_thread.compare_exchanges;
    return value_.compare_exchange_strong(expected, value, success, failure);
  }
  T fetch_add(T n, std::memory_order order) noexcept {
    ++counts_of_this_thread.fetch_adds;
    return value_.fetch_add(n, order);
  }
  T fetch_sub(T n, std::memory_order order) noexcept {
    ++counts_of_this_thread.fetch_subs;
    return value_.fetch_sub(n, order);
  }
  T fetch_or(T bits, std::memory_order order) noexcept {
    ++counts_of_this_thread.fetch_bits;
    return value_.fetch_or(bits, order);
  }
  T fetch_and(T bits, std::memory_order order) noexcept {
    ++counts_of_this_thread.fetch_bits;
    return value_.fetch_and(bits, order);
  }

 private:
  std::atomic<T> value_{};
};

struct counting_atomics : std_atomics {
  template <class T>
  using atomic = counting_atomic<T>;
};
using atomics = counting_atomics;

}  // namespace magpie::detail
