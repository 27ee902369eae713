#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/shielded_scope.hpp>

#include <exception>

namespace magpie::detail {

/// How many scopes are looked at: a wait costs as much at most, however deep the nest in which it stands.
inline constexpr unsigned most_scopes_around = 64;

/// Whether `is` holds for `inside` or one of the scopes around it.
template <class Is>
bool any_around(const scope* inside, Is is, unsigned most = most_scopes_around) noexcept {
  for (unsigned n = 0; inside != nullptr && n < most; ++n, inside = scope_around(*inside)) {
    if (is(*inside)) return true;
  }
  return false;
}

/// Whether the task of the scope `whole` cannot end before what runs in `inside`: whoever waits there for its end waits
/// for itself. Not seen: above `most` scopes.
inline bool is_part_of(const scope* inside, const scope& whole, unsigned most = most_scopes_around) noexcept {
  return any_around(inside, [&](const scope& s) noexcept { return &s == &whole; }, most);
}

MAGPIE_EXPORT std::exception_ptr self_wait();

}  // namespace magpie::detail
