#pragma once

#include <magpie/base/config.hpp>
#include <magpie/base/result_slot.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

/// What awaiting a range gives, and where it waits for that.
namespace magpie::detail {

/// What a vector or pair holds for a result of type T.
template <class T>
using element_t =
    std::conditional_t<std::is_lvalue_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>;

/// What awaiting a range of T gives.
template <class T>
struct vector_of {
  using type = std::vector<element_t<T>>;
};
template <>
struct vector_of<void> {
  using type = void;
};

/// A T that may stand in a vector before its value is known, so that the child writes it where it is read.
template <class T>
inline constexpr bool may_precede_value =
    std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T> && !std::is_const_v<T> &&
    !std::is_same_v<T, bool>;

/// The results of so many children, side by side.
template <class T>
class range_results {
 public:
  static constexpr std::size_t stride = sizeof(result_slot<T>);

  range_results() noexcept = default;
  range_results(const range_results&) = delete;
  range_results& operator=(const range_results&) = delete;
  ~range_results() {
    if (slots_ == nullptr) return;
    std::destroy_n(slots_, count_);
    free_frame(slots_, unshared_bytes(count_ * stride));
  }

  char* make(std::size_t count) {
    slots_ = static_cast<result_slot<T>*>(allocate_frame(unshared_bytes(count * stride)));
    count_ = count;
    std::uninitialized_default_construct_n(slots_, count);
    return reinterpret_cast<char*>(slots_);
  }
  std::vector<element_t<T>> take() {
    std::vector<element_t<T>> values;
    values.reserve(count_);
    for (std::size_t i = 0; i < count_; ++i) values.push_back(slots_[i].take());
    return values;
  }

 private:
  result_slot<T>* slots_ = nullptr;
  std::size_t count_ = 0;
};

template <class T>
  requires may_precede_value<T>
class range_results<T> {
  static_assert(sizeof(result_slot<T>) == sizeof(T));

 public:
  static constexpr std::size_t stride = sizeof(T);

  char* make(std::size_t count) {
    // Whole lines: a block that shares one with another thread's is slow for both, and common allocators hand them out.
    constexpr std::size_t in_line = std::max<std::size_t>(line_size / sizeof(T), 1);
    values_.reserve((count + in_line - 1) / in_line * in_line);
    values_.resize(count);
    return reinterpret_cast<char*>(values_.data());
  }
  std::vector<T> take() noexcept { return std::move(values_); }

 private:
  std::vector<T> values_;
};

template <>
class range_results<void> {
 public:
  static constexpr std::size_t stride = 0;
  char* make(std::size_t) noexcept { return nullptr; }
  void take() noexcept {}
};

}  // namespace magpie::detail
