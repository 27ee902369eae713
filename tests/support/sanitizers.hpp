#pragma once

#include <magpie/base/config.hpp>

namespace magpie_test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool under_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool under_tsan = true;
#else
inline constexpr bool under_tsan = false;
#endif
#else
inline constexpr bool under_tsan = false;
#endif

inline constexpr bool sanitized = MAGPIE_SANITIZED != 0;

/// `full`, or less where every step takes ten times as long.
constexpr int fewer_if_sanitized(int full, int fewer) { return sanitized ? fewer : full; }

}  // namespace magpie_test
