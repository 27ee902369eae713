#pragma once

#include <magpie/base/atomic.hpp>

#include <cstdint>
#include <utility>

namespace magpie::detail {

/// What several sides keep alive, and the last of them destroys: `Derived`, which begins with one reference.
template <class Derived>
class counted {
 public:
  counted() noexcept = default;
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

  void add_reference(std::uint32_t n = 1) noexcept {
    references_.fetch_add(n, relaxed);  // relaxed: the caller has one, so it is not the first
  }
  /// *this may be gone.
  void drop_reference() noexcept {
    // acq_rel: release: our last use; acquire: everybody else's, if we are the last
    if (references_.fetch_sub(1, acq_rel) == 1) delete static_cast<Derived*>(this);
  }

 protected:
  ~counted() = default;

 private:
  atomics::atomic<std::uint32_t> references_{1};
};

/// One reference to a counted T, or none.
template <class T>
class counted_ptr {
 public:
  counted_ptr() noexcept = default;
  /// Takes over the reference that `object` stands for.
  explicit counted_ptr(T* object) noexcept : object_(object) {}
  counted_ptr(const counted_ptr& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) object_->add_reference();
  }
  counted_ptr(counted_ptr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  counted_ptr& operator=(counted_ptr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~counted_ptr() {
    if (object_ != nullptr) object_->drop_reference();
  }

  T* get() const noexcept { return object_; }
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete): we hold a reference, so it is there
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

}  // namespace magpie::detail
