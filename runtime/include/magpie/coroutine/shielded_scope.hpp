#pragma once

#include <magpie/coroutine/scope.hpp>

namespace magpie::detail {

/// A scope that no stop from around it reaches: it has no parent, but knows where it stands.
struct shielded_scope : scope {
  shielded_scope() noexcept : scope(nullptr, scope_kind::shield) {}

  void place_within(scope& around) noexcept {
    place(nullptr, never_looked);
    outer = &around;
  }

  scope* outer = nullptr;
};

/// The scope around `s`, whether its stops reach `s` or not: nothing there ends before `s` does.
inline const scope* scope_around(const scope& s) noexcept {
  return s.kind() == scope_kind::shield ? static_cast<const shielded_scope&>(s).outer : s.parent();
}

}  // namespace magpie::detail
