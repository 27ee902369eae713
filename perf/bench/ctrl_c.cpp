#include "bench/ctrl_c.hpp"

#include <atomic>
#include <csignal>

namespace bench {
namespace {

std::atomic<bool> pressed{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// relaxed: the flag says nothing about other memory.
void note(int) { pressed.store(true, std::memory_order_relaxed); }

}  // namespace

void watch_ctrl_c() {
  struct sigaction action{};
  action.sa_handler = note;
  action.sa_flags = SA_RESETHAND;  // no SA_RESTART: what waits is to look at the flag
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool ctrl_c_pressed() noexcept { return pressed.load(std::memory_order_relaxed); }

}  // namespace bench
