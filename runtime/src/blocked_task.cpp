#include <magpie/clock.hpp>
#include <magpie/coroutine/blocked_task.hpp>

namespace magpie::detail {

std::coroutine_handle<> blocked_task::publish(std::uint32_t sources) noexcept {
  promise_base& me = task().promise();
  block_.open(sources + 1);
  since_ = read_coarse_clock();
  if (!me.join->inside->link(*this)) return outlives_stop() ? task() : end_cancelled(me);
  attach();
  if (block_.park()) return std::noop_coroutine();  // *this may be gone
  return end_wait();
}

/// Something has happened: waits until nothing can touch us any more.
std::coroutine_handle<> blocked_task::end_wait() noexcept {
  const std::uint32_t gone = detach() + (task().promise().join->inside->unlink(*this) ? 1 : 0);
  self_.run = last_step;
  if (!block_.settle(gone)) return std::noop_coroutine();  // *this may be gone
  return go_on();
}

std::coroutine_handle<> blocked_task::go_on() noexcept {
  if (block_.winner() == stop_source && !outlives_stop() && !obtained()) return end_cancelled(task().promise());
  return task();
}

std::coroutine_handle<> blocked_task::detach_step(runnable* r) noexcept {
  queued::come_back(r);
  return static_cast<queued*>(r)->whole->end_wait();
}

std::coroutine_handle<> blocked_task::last_step(runnable* r) noexcept {
  queued::come_back(r);
  return static_cast<queued*>(r)->whole->go_on();
}

}  // namespace magpie::detail
