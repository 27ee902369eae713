#pragma once

#include <magpie/base/config.hpp>

namespace magpie::detail {

/// Ends the process with one line on stderr: for a broken rule that cannot be reported in any other way.
[[noreturn]] MAGPIE_EXPORT void fatal(const char* message) noexcept;

}  // namespace magpie::detail

/// An invariant of magpie itself, labelled as on its protocol page. Checked in debug builds.
#if defined(NDEBUG) && !defined(MAGPIE_ASSERTIONS)
#define MAGPIE_ASSERT(condition, label) static_cast<void>(0)
#else
#define MAGPIE_ASSERT(condition, label) \
  ((condition) ? static_cast<void>(0) : ::magpie::detail::fatal("magpie: invariant broken: " label))
#endif
