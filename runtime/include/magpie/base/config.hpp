#pragma once

/// Compilers, sanitizers, visibility.

#if defined(MAGPIE_SHARED)
#define MAGPIE_EXPORT __attribute__((visibility("default")))
#else
#define MAGPIE_EXPORT
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MAGPIE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MAGPIE_SANITIZED 1
#endif
#endif
#if !defined(MAGPIE_SANITIZED)
#define MAGPIE_SANITIZED 0
#endif

/// GCC, not a compiler that poses as it.
#if defined(__GNUC__) && !defined(__clang__)
#define MAGPIE_GCC __GNUC__
#else
#define MAGPIE_GCC 0
#endif

/// GCC 12 destroys some temporaries of a co_await expression twice; see docs/guide/footguns.md.
#define MAGPIE_GCC_DESTROYS_TWICE (MAGPIE_GCC != 0 && MAGPIE_GCC < 13)

/// A debug build finds a task that was copied bitwise. The class is another one then, and is named so to the linker.
#if MAGPIE_GCC_DESTROYS_TWICE && !defined(NDEBUG)
#define MAGPIE_CHECK_TASK_ADDRESS 1
#define MAGPIE_TASK_ABI __attribute__((abi_tag("checked")))
#else
#define MAGPIE_CHECK_TASK_ADDRESS 0
#define MAGPIE_TASK_ABI
#endif

/// GCC makes symmetric transfer a tail call at -O2 only, and never under sanitizers; see coroutine/transfer.hpp.
#define MAGPIE_TRANSFER_MAY_NEST (MAGPIE_GCC != 0)

#define MAGPIE_NOINLINE __attribute__((noinline))
#define MAGPIE_COLD __attribute__((noinline, cold))
#define MAGPIE_INLINE inline __attribute__((always_inline))

namespace magpie::detail {
/// What two threads write independently stands this far apart. (128: x86 fetches lines in pairs.)
inline constexpr unsigned line_size = 64;
}  // namespace magpie::detail
