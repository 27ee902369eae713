#include <magpie/coroutine/scope.hpp>

namespace magpie::detail {

constinit atomics::atomic<std::uint64_t> stop_epoch{scope::never_looked + 1};

void scope::request_stop() noexcept {
  if (!set_mark(stopped)) return;
  stop_epoch.fetch_add(1, release);  // X1: pairs with the acquire before each walk: it sees our mark
}

bool scope::look_up(std::uint64_t now) noexcept {
  bool found = false;
  scope* s = this;
  while (s != nullptr) {
    const std::uint64_t seen = s->seen();
    if (seen == now) break;  // somebody looked from here up since the last stop, and found none
    found = seen == known_stopped || (s->marks() & stopped) != 0;
    if (found) break;
    s = s->parent_;
  }
  // Keep what was found, as `seen` only: a scope is marked as stopped by the request itself alone.
  for (scope* below = this; below != s; below = below->parent_) {
    below->seen_.store(found ? known_stopped : now, relaxed);  // relaxed: a cache, see seen()
  }
  return found;
}

}  // namespace magpie::detail
