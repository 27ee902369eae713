#include <magpie/base/futex.hpp>
#include <magpie/coroutine/grace_period.hpp>

namespace magpie::detail {

void grace_period::open(executor& where, clock::duration length) {
  home_ = &where;
  length_ = length;
  due = no_deadline;
  where.arm(*this);          // now, because it may throw; a stop sets its time
  sides_.store(3, relaxed);  // relaxed: published with the nodes
  if (!inner.outer->link(*this)) stop_fired();
}

std::int64_t grace_period::end_of_grace() const noexcept {
  const std::int64_t now = home_->now();
  return length_.count() < no_deadline - now ? now + length_.count() : no_deadline;
}

void grace_period::stop_fired() noexcept {
  executor& where = *home_;
  {
    const locked hold(lock_);
    if (!closed_ && where.disarm(*this)) {
      due = end_of_grace();
      where.arm(*this);  // does not throw: the timer thread is there
    }
  }
  if (leave(1)) resume_waiter(where);  // else *this may be gone
}

void grace_period::timer_fired() noexcept {
  executor& where = *home_;
  inner.request_stop();
  if (leave(1)) resume_waiter(where);  // else *this may be gone
}

bool grace_period::close() noexcept {
  std::uint32_t sides = 1;
  if (inner.outer->unlink(*this)) ++sides;
  {
    const locked hold(lock_);
    closed_ = true;
    if (home_->disarm(*this)) ++sides;
  }
  return leave(sides);
}

}  // namespace magpie::detail
