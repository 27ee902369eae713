#include <magpie/coroutine/stop_state.hpp>

namespace magpie::detail {

void stop_state::drop_reference() noexcept {
  // K2: acquire: the last one sees all uses before it frees; release: our own
  if (references_.fetch_sub(1, acq_rel) == 1) delete this;
}

bool stop_state::request() noexcept {
  lock_.lock();
  if (stopped_.load(relaxed)) {  // relaxed: written under the lock
    lock_.unlock();
    return false;
  }
  stopped_.store(true, release);  // K1: pairs with stopped(): what came before the request
  runner_ = atomics::this_thread();
  while (stop_listener* const l = listeners_.pop_front()) {
    bool gone = false;
    l->listens = false;
    l->gone = &gone;
    running_.store(l, release);  // K3: pairs with remove(), which may see this one only: the call before is over
    lock_.unlock();
    l->stop_requested();
    lock_.lock();
    if (!gone) l->gone = nullptr;
    running_.store(nullptr, release);  // K3: pairs with remove(): the call is over
  }
  lock_.unlock();
  return true;
}

bool stop_state::add(stop_listener& l) noexcept {
  const locked hold(lock_);
  if (stopped_.load(relaxed)) return false;  // relaxed: written under the lock
  l.listens = true;
  listeners_.push_back(&l);
  return true;
}

void stop_state::remove(stop_listener& l) noexcept {
  {
    const locked hold(lock_);
    if (l.listens) {
      l.listens = false;
      listeners_.remove(&l);
      return;
    }
    if (running_.load(relaxed) != &l) return;  // relaxed: under the lock
    if (runner_ == atomics::this_thread()) {   // from inside the call
      *l.gone = true;
      return;
    }
  }
  for (unsigned looks = 0; running_.load(acquire) == &l; ++looks) {  // K3: the call is over when this changes
    looks < 64 ? atomics::pause() : atomics::yield();
  }
}

stop_state* stop_state::of(scope& s) {
  auto* mine = new stop_state(1);
  bool fires = true;
  auto* kept = static_cast<stop_state*>(
      s.keep(*mine, fires, [](stop_node* n) { static_cast<stop_state*>(n)->add_reference(); }));
  if (kept != mine) {
    mine->drop_reference();
  } else if (!fires) {
    mine->request();  // the stop came before
  }
  return kept;
}

}  // namespace magpie::detail
