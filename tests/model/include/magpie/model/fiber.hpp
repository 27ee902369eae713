#pragma once

#include <cstddef>

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <ucontext.h>
#endif

namespace magpie::model {

/// A stack that a scene's thread runs on. Switching costs a few nanoseconds: the registers that a call preserves, and
/// no system call (swapcontext asks the kernel for the signal mask each time).
///
/// A fiber may be abandoned in the middle and prepared again; objects on its stack are then never destroyed.
class fiber {
 public:
  fiber() = default;
  explicit fiber(std::size_t stack_bytes);
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();

  /// The next switch to this fiber calls `entry`, which must never return.
  void prepare(void (*entry)()) noexcept;

  /// Suspends `from`, which is running, and resumes `to`. With `abandon`, `from` will not be resumed.
  enum class leave { suspend, abandon };
  static void jump(fiber& from, fiber& to, leave how = leave::suspend) noexcept;
  /// To be called first thing on a fiber that has just been entered for the first time.
  static void entered() noexcept;

 private:
  void* stack_ = nullptr;
  std::size_t size_ = 0;
  bool owned_ = false;     // false: the native stack of the thread that explores
  void* saved_ = nullptr;  // its stack pointer while it is suspended
#if !defined(__x86_64__) && !defined(__aarch64__)
  ucontext_t context_;
#endif
  void* shadow_ = nullptr;  // AddressSanitizer's stack for it
};

}  // namespace magpie::model
