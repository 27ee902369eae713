#include <magpie/coroutine/deadline_frame.hpp>

namespace magpie::detail {

void deadline_frame::open(scope* outer, std::uint64_t seen, executor& where, clock::time_point until) {
  home_ = &where;
  timed.place(outer, seen);
  timed.nanoseconds.store(until.time_since_epoch().count(), relaxed);  // relaxed: nobody else has it yet
  if (until != never) arm();
}

void deadline_frame::arm() {
  timer_node::due = timed.nanoseconds.load(relaxed);  // relaxed: see timed_scope
  home_->arm(*this);
  armed_ = true;
}

void deadline_frame::reschedule(clock::time_point until) {
  if (armed_ && !home_->disarm(*this)) {
    throw usage_error("magpie: reschedule() of a deadline that has passed: what runs in its scope is being stopped");
  }
  armed_ = false;
  timed.nanoseconds.store(until.time_since_epoch().count(), relaxed);  // relaxed: see timed_scope
  if (until != never) arm();
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
