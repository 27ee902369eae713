#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/scope.hpp>

#include <exception>

namespace magpie::detail {

/// How many scopes are looked at: a wait costs as much at most, however deep the nest in which it stands.
inline constexpr unsigned most_scopes_around = 64;

/// Whether the task of the scope `whole` cannot end before what runs in `inside`: whoever waits there for its end waits
/// for itself. Not seen: through a shield, whose scope has none above it, and above `most_scopes_around`.
inline bool is_part_of(const scope* inside, const scope& whole, unsigned most = most_scopes_around) noexcept {
  for (unsigned n = 0; inside != nullptr && n < most; ++n, inside = inside->parent()) {
    if (inside == &whole) return true;
  }
  return false;
}

MAGPIE_EXPORT std::exception_ptr self_wait();

}  // namespace magpie::detail
