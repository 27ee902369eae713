#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/this_worker.hpp>

#include <coroutine>
#include <cstdint>

namespace magpie::detail {

/// How one coroutine hands over to the next: await_suspend returns `transfer(w, next)`.
///
/// That is a tail call on Clang. On GCC it is one at -O2 and above, without sanitizers, and nothing tells a header
/// which; elsewhere each transfer nests on the stack. So on GCC a transfer that finds the stack deep goes back to the
/// worker's loop, which resumes `next` before all else: one code at every level, a load and a comparison where calls
/// are flat. (docs/design/0002-transfers.md)
#if MAGPIE_TRANSFER_MAY_NEST

/// How much stack nested transfers may use before they unwind. Twice that is still little to ask of a thread.
inline constexpr std::uintptr_t transfer_stack = 64 * 1024;

MAGPIE_INLINE std::uintptr_t stack_pointer() noexcept {
#if defined(__x86_64__)
  std::uintptr_t p;
  asm("mov %%rsp, %0" : "=r"(p));
  return p;
#elif defined(__aarch64__)
  std::uintptr_t p;
  asm("mov %0, sp" : "=r"(p));
  return p;
#else
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
#endif
}

MAGPIE_COLD inline std::coroutine_handle<> unwind_to(worker_context& w, std::coroutine_handle<> next) noexcept {
  w.next = next;
  return std::noop_coroutine();
}

MAGPIE_INLINE std::coroutine_handle<> transfer(worker_context& w, std::coroutine_handle<> next) noexcept {
  if (stack_pointer() < w.stack_floor) [[unlikely]]
    return unwind_to(w, next);
  return next;
}

/// For a worker's loop: everything below may nest so much.
inline void set_stack_floor(worker_context& w) noexcept { w.stack_floor = stack_pointer() - transfer_stack; }

#else

MAGPIE_INLINE std::coroutine_handle<> transfer(worker_context&, std::coroutine_handle<> next) noexcept { return next; }
inline void set_stack_floor(worker_context&) noexcept {}

#endif

/// For a worker's loop: runs `h`, and what it leads to, until something suspends.
inline void resume(worker_context& w, std::coroutine_handle<> h) {
  h.resume();
  while (w.next) {
    std::coroutine_handle<> next = w.next;
    w.next = nullptr;
    next.resume();
  }
}

}  // namespace magpie::detail
