#include <magpie/coroutine/timed_wait.hpp>

#include <exception>

namespace magpie::detail {

bool timed_wait::too_late() noexcept {
  deadline_ = limit_.deadline();
  return is_limited() && deadline_ <= read_clock();
}

void timed_wait::attach_deadline() noexcept {
  if (!is_limited()) return;
  timer_node::due = deadline_.time_since_epoch().count();
  try {
    home_of_task().arm(*this);
    armed_ = true;
  } catch (...) {
    refuse(std::current_exception());
  }
}

std::uint32_t timed_wait::detach_deadline() noexcept {
  if (!is_limited()) return 0;
  return !armed_ || home_of_task().disarm(*this) ? 1 : 0;
}

}  // namespace magpie::detail
