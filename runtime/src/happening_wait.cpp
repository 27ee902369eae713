#include <magpie/coroutine/happening_wait.hpp>

namespace magpie::detail {

void happening_wait::attach() noexcept {
  attached_ = awaited_.attach(*this);
  if (!attached_) happened(0);
}

std::uint32_t happening_wait::detach() noexcept { return !attached_ || awaited_.detach(*this) ? 1 : 0; }

void happening_wait::on_arrival(happening::waiter* w) noexcept { static_cast<happening_wait*>(w)->arrived(0); }

}  // namespace magpie::detail
