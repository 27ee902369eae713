#include <magpie/group_state.hpp>

#include <utility>

namespace magpie::detail {

void group_state::open(scope& outer, executor& where, const boundary_join& body_end, held_places& places) noexcept {
  home_ = &where;
  body_end_ = &body_end;
  within.place(&outer, scope::never_looked);
  body.place(&within, scope::never_looked);
  static_cast<void>(within.link(*this));  // nobody else knows it yet: a stop that came before fires our node here
  if (lends_places && places.open(*this)) children_ = 1;  // G3; nobody else knows it yet
}

void group_state::body_quits() noexcept {
  if (body.stop_requested()) return;
  quit_ = true;
  if (policy_ == on_error::cancel_rest) stop_all();
}

bool group_state::body_ended(std::exception_ptr error, finish_function finish, void* awaiter,
                             held_places& places) noexcept {
  if ((body.marks() & scope::linked) != 0) body.leave();
  if (error) note(std::move(error));
  {
    const locked hold(lock_);
    body_runs_ = false;
    children_ -= places.release_all(*this);
    if (children_ != 0) {
      finish_ = finish;
      awaiter_ = awaiter;
      return false;  // *awaiter may be gone
    }
  }
  static_cast<void>(within.unlink(*this));
  if ((within.marks() & scope::linked) != 0) within.leave();
  return true;
}

/// A failure counts before its task does, so that nobody finds the group ended without it.
void group_state::note(std::exception_ptr error) noexcept {
  {
    const locked hold(lock_);
    try {
      errors_.push_back(std::move(error));
    } catch (...) {
      // push_back() has not taken it.
      if (!unlisted_) {
        unlisted_ = std::move(error);
        place_of_unlisted_ = errors_.size();
      } else {
        current_worker->errors_dropped.add();
      }
    }
  }
  if (policy_ == on_error::cancel_rest) stop_all();
}

std::vector<std::exception_ptr> group_state::errors() const {
  std::vector<std::exception_ptr> all = errors_;
  if (unlisted_) all.insert(all.begin() + static_cast<std::ptrdiff_t>(place_of_unlisted_), unlisted_);
  return all;
}

void group_state::stop_all() noexcept {
  stopped_.store(true, release);  // release: pairs with cancelled()
  within.request_stop();
}

void group_state::cancel() noexcept {
  if (is_open()) stop_all();
}

std::size_t group_state::active() noexcept {
  const locked hold(lock_);
  return children_ != 0 ? children_ - home_->places_held_in(*this) : 0;  // G3
}

bool group_state::is_open() noexcept {
  const locked hold(lock_);
  return body_runs_ || children_ != 0;
}

stop_state* group_state::token() {
  const locked hold(lock_);  // the scope does not end meanwhile
  if (body_runs_ || children_ != 0) return stop_state::of(within);
  auto* const over = new stop_state(0);
  if (cancelled()) over->request();
  return over;
}

auto group_state::wait_for_children(group_joiner& j, held_places& places) noexcept -> joining {
  const locked hold(lock_);
  children_ -= places.release_all(*this);
  if (children_ == 0) return body_runs_ ? joining::none_is_left : joining::has_ended;
  joiners_.push_back(&j);
  return joining::waits;
}

bool group_state::put_body_off(body_scope* b, promise_base& stopped) noexcept {
  auto* const self = static_cast<body_of*>(b)->group;
  if (self->active() == 0) return false;
  if (!b->stop_requested()) {
    // It ends itself: together with the body, or only up to a boundary in it, which goes on at once.
    const promise_base* last = &stopped;
    while (last->kind == role::plain) last = &last->join->parent.promise();
    if (last->join != self->body_end_) return false;
    self->body_quits();
  }
  const locked hold(self->lock_);
  if (self->children_ == 0) return false;
  self->put_off_ = &stopped;
  return true;
}

// The children -------------------------------------------------------------------------------------------------------

bool group_state::admit(executor& where, held_places* places) noexcept {
  if (places != nullptr && places->of() == this) {  // G3: so it is open
    if (!where.announce()) return false;
    if (places->use_one()) return true;
    const locked hold(lock_);
    children_ += places_at_once;
    places->reserve(places_at_once - 1);
    return true;
  }
  const locked hold(lock_);
  if ((!body_runs_ && children_ == 0) || !where.announce()) return false;
  ++children_;
  return true;
}

bool group_state::must_wait(runnable& child) noexcept {
  const locked hold(lock_);
  if (running_ < limit_) {
    ++running_;
    return false;
  }
  child.next.store(nullptr, relaxed);  // relaxed: under the lock
  if (last_waiting_ != nullptr) {
    last_waiting_->next.store(&child, relaxed);  // relaxed: under the lock
  } else {
    first_waiting_ = &child;
  }
  last_waiting_ = &child;
  return true;
}

void group_state::start_child(executor& where, runnable& child) noexcept {
  if (is_limited() && must_wait(child)) return;
  where.enqueue(child, placement::back);
}

verdict group_state::child_ended(executor& where, ending how, std::exception_ptr error, held_places& places) noexcept {
  if (error) note(std::move(error));
  const bool cut_short = how == ending::cancelled && within.parent()->stop_requested();
  runnable* following = nullptr;
  last_steps last;
  {
    const locked hold(lock_);
    if (cut_short) cut_short_ = true;
    following = first_waiting_;
    if (following != nullptr) {
      first_waiting_ = following->next.load(relaxed);  // relaxed: under the lock
      if (first_waiting_ == nullptr) last_waiting_ = nullptr;
    } else if (is_limited()) {
      --running_;
    }
    count_off(1 + places.release_all(*this), last);
  }
  // It was not counted off, so *this is there.
  if (following != nullptr) where.enqueue(*following, placement::back);
  return take(last, where);
}

verdict group_state::give_back(executor& where, held_places& places) noexcept {
  last_steps last;
  {
    const locked hold(lock_);
    count_off(places.release_all(*this), last);
  }
  return take(last, where);
}

void group_state::count_off(std::size_t ended, last_steps& last) noexcept {
  children_ -= ended;
  if (children_ != 0) return;
  std::swap(last.joined, joiners_);
  last.body_to_stop = std::exchange(put_off_, nullptr);
  last.finish = finish_;
  last.awaiter = awaiter_;
}

verdict group_state::take(last_steps& last, executor& where) noexcept {
  // Unless there is a finish, *this may be gone.
  while (group_joiner* const j = last.joined.pop_front()) where.enqueue(*j, placement::next);
  if (last.body_to_stop != nullptr) return {{}, last.body_to_stop};
  if (last.finish == nullptr) return {};
  static_cast<void>(within.unlink(*this));
  if ((within.marks() & scope::linked) != 0) within.leave();
  return last.finish(last.awaiter);
}

}  // namespace magpie::detail
