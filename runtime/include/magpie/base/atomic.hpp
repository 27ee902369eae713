#pragma once

#include <sched.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

/// The one file that names std::atomic.
///
/// Every lock-free room is a template over an *atomics policy*, so that the source that ships also runs under the model
/// checker (tests/model), under a policy that counts, and under one that disturbs. A policy provides what `std_atomics`
/// below provides; the one that the library is compiled with is `atomics`.
namespace magpie::detail {

inline constexpr std::memory_order relaxed = std::memory_order_relaxed;
inline constexpr std::memory_order acquire = std::memory_order_acquire;
inline constexpr std::memory_order release = std::memory_order_release;
inline constexpr std::memory_order acq_rel = std::memory_order_acq_rel;
inline constexpr std::memory_order seq_cst = std::memory_order_seq_cst;

struct std_atomics {
  template <class T>
  using atomic = std::atomic<T>;

  /// Data that the protocol around it protects: read and assigned like a T. The model reports a race on it.
  template <class T>
  using plain = T;

  /// An array of `count` value-initialised T. Errors: std::bad_alloc.
  template <class T>
  static T* make_array(std::size_t count) {
    return new T[count]();
  }
  template <class T>
  static void destroy_array(T* first, std::size_t) noexcept {
    delete[] first;
  }

  /// Tells the processor that this thread spins.
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
  }
  /// Lets another thread have this processor.
  static void yield() noexcept { sched_yield(); }
  /// Names the calling thread, among all that run.
  static const void* this_thread() noexcept {
    static constinit thread_local char here = 0;
    return &here;
  }
};

}  // namespace magpie::detail

#if defined(MAGPIE_ATOMICS_HEADER)
#include MAGPIE_ATOMICS_HEADER  // a test's own policy; it defines magpie::detail::atomics
#else
namespace magpie::detail {
using atomics = std_atomics;
}
#endif
