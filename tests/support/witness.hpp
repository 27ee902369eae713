#pragma once

#include <atomic>
#include <cstdint>

namespace magpie_test {

/// An object whose life is counted. It knows its own address, so that a second destruction, and a copy that no
/// constructor made, count as wrong.
class witness {
 public:
  explicit witness(int value = 0) noexcept : value_(value) { begin(); }
  witness(const witness& other) noexcept : value_(other.value_) { begin(); }
  witness(witness&& other) noexcept : value_(other.value_) { begin(); }
  witness& operator=(const witness& other) noexcept {
    value_ = other.value_;
    return *this;
  }
  // noinline: where it stands in storage with a flag, GCC else warns that it may be destroyed without being made.
  __attribute__((noinline)) ~witness() {
    if (self_ != this) wrong_.fetch_add(1);
    self_ = nullptr;
    alive_.fetch_sub(1);
  }

  int value() const noexcept { return value_; }

  static std::int64_t alive() noexcept { return alive_.load(); }
  static std::int64_t made() noexcept { return made_.load(); }
  static std::int64_t wrong() noexcept { return wrong_.load(); }

 private:
  void begin() noexcept {
    self_ = this;
    made_.fetch_add(1);
    alive_.fetch_add(1);
  }

  static inline std::atomic<std::int64_t> alive_{0};
  static inline std::atomic<std::int64_t> made_{0};
  static inline std::atomic<std::int64_t> wrong_{0};

  const witness* volatile self_;
  int value_;
};

/// At the end of a test: whatever was made is gone, once.
#define EXPECT_NO_WITNESS_LEFT()                   \
  do {                                             \
    EXPECT_EQ(::magpie_test::witness::alive(), 0); \
    EXPECT_EQ(::magpie_test::witness::wrong(), 0); \
  } while (false)

}  // namespace magpie_test
