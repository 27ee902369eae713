#include "timer_service.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>

namespace magpie::detail {
namespace {

constexpr unsigned batch = 64;

}  // namespace

timer_service::timer_service(unsigned heaps, const std::string& thread_name)
    : count_(heaps), thread_name_(thread_name), heaps_(std::make_unique<timer_heap<>[]>(heaps)) {}

unsigned timer_service::fire_due(unsigned heap, std::int64_t now) noexcept {
  unsigned fired = 0;
  for (;;) {
    intrusive_list<timer_node> due;
    heaps_[heap].take_due(now, batch, due);
    if (due.empty()) return fired;
    while (timer_node* const t = due.pop_front()) {  // T1: no lock is held
      t->timer_fired();
      ++fired;
    }
  }
}

unsigned timer_service::fire_due(std::int64_t now) noexcept {
  unsigned fired = 0;
  for (unsigned i = 0; i < count_; ++i) fired += fire_due(i, now);
  return fired;
}

std::int64_t timer_service::earliest() const noexcept {
  std::int64_t first = no_deadline;
  for (unsigned i = 0; i < count_; ++i) first = std::min(first, heaps_[i].earliest());
  return first;
}

void timer_service::start_guard() {
  const std::lock_guard once(starting_);
  if (guarded_.load(relaxed)) return;  // relaxed: under the mutex
  guard_ = std::thread([this] { guard(); });
  guarded_.store(true, release);  // release: pairs with the acquire in arm(): guard_ is made
}

void timer_service::guard() noexcept {
  name_this_thread(thread_name_, "timer");
  for (;;) {
    switch (watch_.guard_sleeps([this] { return earliest(); })) {
      case timer_watch<>::guard_wakes::in_time:
        fire_due(monotonic_now());
        break;
      case timer_watch<>::guard_wakes::to_look_again:
        break;
      case timer_watch<>::guard_wakes::at_the_end:
        return;
    }
  }
}

void timer_service::stop() noexcept {
  if (!guard_.joinable()) return;
  watch_.end();
  guard_.join();
}

void name_this_thread(const std::string& name, const std::string& which) {
  const std::string end = "/" + which;
  pthread_setname_np(pthread_self(), (name.substr(0, 15 - std::min<std::size_t>(end.size(), 15)) + end).c_str());
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);  // else a sleep takes 50 us longer than asked for
}

}  // namespace magpie::detail
