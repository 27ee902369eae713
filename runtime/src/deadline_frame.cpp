#include <magpie/coroutine/deadline_frame.hpp>

namespace magpie::detail {

void deadline_frame::open(scope* outer, std::uint64_t seen, executor& where, clock::time_point until,
                          clock::time_point now) {
  home_ = &where;
  timed.place(outer, seen);
  set(until, now);
}

void deadline_frame::set(clock::time_point until, clock::time_point now) {
  timer_node::due = until.time_since_epoch().count();
  timed.nanoseconds.store(timer_node::due, relaxed);  // relaxed: see timed_scope
  if (until == never) return;
  if (until <= now) {
    expired_.store(true, relaxed);  // relaxed: published by the stop
    timed.request_stop();
    return;
  }
  home_->arm(*this);
  armed_ = true;
}

void deadline_frame::reschedule(clock::time_point until) {
  if (expired() || (armed_ && !home_->disarm(*this))) {
    throw usage_error("magpie: reschedule() of a deadline that has passed: what runs in its scope is being stopped");
  }
  armed_ = false;
  set(until, read_clock());
}

bool deadline_frame::close() noexcept {
  if (armed_ && !home_->disarm(*this) && !leave_second()) return false;  // *this may be gone
  if ((timed.marks() & scope::linked) != 0) timed.leave();
  return true;
}

void deadline_frame::timer_fired() noexcept {
  executor& where = *home_;
  expired_.store(true, relaxed);  // relaxed: published by the stop
  timed.request_stop();
  if (leave_second()) resume_waiter(where);  // else *this may be gone
}

}  // namespace magpie::detail
