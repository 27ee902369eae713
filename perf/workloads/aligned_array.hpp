#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace perf {

/// So many numbers, from a page boundary on: that a loop is fast or slow must not depend on where the allocator put it.
template <class T>
class aligned_array {
 public:
  explicit aligned_array(std::size_t n) : size_(n), data_(static_cast<T*>(::operator new(n * sizeof(T), page))) {
    std::uninitialized_value_construct_n(data_.get(), n);
  }

  T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  T* begin() const noexcept { return data(); }
  T* end() const noexcept { return data() + size_; }
  T& operator[](std::size_t i) const noexcept { return data()[i]; }
  std::span<T> all() const noexcept { return {data(), size_}; }

 private:
  static constexpr std::align_val_t page{4096};
  struct release {
    void operator()(T* p) const noexcept { ::operator delete(p, page); }
  };

  std::size_t size_;
  std::unique_ptr<T, release> data_;
};

}  // namespace perf
