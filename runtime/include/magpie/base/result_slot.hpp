#pragma once

#include <magpie/base/config.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <variant>

namespace magpie::detail {

/// What stands for a result of type T where a value must stand.
template <class T>
using stored_t = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// What frames are aligned to.
inline constexpr std::size_t frame_alignment = 16;

/// Where a result waits for the one who awaits it: filled at most once, taken at most once. It needs no default
/// constructor of T and, where T is trivially destructible, not a byte more than T.
template <class T, bool Trivial = std::is_trivially_destructible_v<T>>
class result_slot {
  static_assert(
      alignof(T) <= frame_alignment,
      "magpie: a result lives in a coroutine frame, which is aligned to 16 bytes: return a std::unique_ptr to "
      "what needs more");

 public:
  result_slot() noexcept {}
  result_slot(const result_slot&) = delete;
  result_slot& operator=(const result_slot&) = delete;
  ~result_slot() { clear(); }

  template <class U>
  void fill(U&& value) {
    std::construct_at(std::addressof(value_), std::forward<U>(value));
    full_ = true;
  }
  void clear() noexcept {
    if (std::exchange(full_, false)) std::destroy_at(std::addressof(value_));
  }
  T take() { return std::move(value_); }
  const T& peek() const noexcept { return value_; }

 private:
  union {
    T value_;
  };
  bool full_ = false;
};

template <class T>
class result_slot<T, true> {
  static_assert(
      alignof(T) <= frame_alignment,
      "magpie: a result lives in a coroutine frame, which is aligned to 16 bytes: return a std::unique_ptr to "
      "what needs more");

 public:
  result_slot() noexcept {}
  result_slot(const result_slot&) = delete;
  result_slot& operator=(const result_slot&) = delete;

  template <class U>
  void fill(U&& value) {
    std::construct_at(std::addressof(value_), std::forward<U>(value));
  }
  void clear() noexcept {}
  T take() {
#if MAGPIE_GCC
    if constexpr (std::is_integral_v<T> || std::is_pointer_v<T>) {
      // Else GCC 12 loads two neighbouring results, just stored one by one, as one vector: a store-forwarding stall.
      T value = value_;
      asm("" : "+r"(value));
      return value;
    }
#endif
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): whoever takes knows that it was filled
    return std::move(value_);
  }
  const T& peek() const noexcept { return value_; }

 private:
  union {
    T value_;
  };
};

template <class T>
class result_slot<T&, true> {
 public:
  void fill(T& value) noexcept { value_ = std::addressof(value); }
  void clear() noexcept {}
  T& take() noexcept { return *value_; }
  T& peek() const noexcept { return *value_; }

 private:
  T* value_;
};
template <class T>
class result_slot<T&, false> : public result_slot<T&, true> {};

template <>
class result_slot<void, false> {
 public:
  void clear() noexcept {}
  std::monostate take() noexcept { return {}; }
};

}  // namespace magpie::detail
