#include "timer_service.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>

namespace magpie::detail {
namespace {

constexpr unsigned batch = 64;

std::int64_t plus(std::int64_t time, std::int64_t length) noexcept {
  return time < no_deadline - length ? time + length : no_deadline;
}

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

std::int64_t timer_service::keep(unsigned index) noexcept {
  const auto me = static_cast<std::int64_t>(index);
  std::int64_t keeper = nobody;
  // T2: seq_cst, announced before the look at the heaps; relaxed on failure: somebody else keeps them
  if (!keeper_.compare_exchange_strong(keeper, me, seq_cst, relaxed) && keeper != me) return no_deadline;
  keeper_wakes_.store(no_deadline, seq_cst);  // T2: whoever arms from here on stirs us
  const std::int64_t until = earliest();
  keeper_wakes_.store(until, seq_cst);  // T2: before the second look, against arm()
  return std::min(until, earliest());
}

void timer_service::leave(unsigned index) noexcept {
  const auto me = static_cast<std::int64_t>(index);
  if (keeper_.load(relaxed) == me) keeper_.store(nobody, seq_cst);  // relaxed: only we write our own index
}

void timer_service::start_guard() {
  const std::lock_guard once(starting_);
  if (guarded_.load(relaxed)) return;  // relaxed: under the mutex
  guard_ = std::thread([this] { guard(); });
  guarded_.store(true, release);  // release: pairs with the acquire in arm(): guard_ is made
}

void timer_service::wake_guard() noexcept {
  alarm_.fetch_add(1, release);  // release: pairs with guard(): the heap's earliest
  futex_wake_one(alarm_);
}

void timer_service::guard() noexcept {
  name_this_thread(thread_name_, "timer");
  while (!over_.load(acquire)) {                       // acquire: pairs with stop()
    const std::uint32_t heard = alarm_.load(acquire);  // acquire: pairs with wake_guard()
    const std::int64_t until = plus(earliest(), slack);
    guard_wakes_.store(until, seq_cst);  // T2: before the second look, against arm()
    if (plus(earliest(), slack) < until) continue;
    const std::int64_t now = monotonic_now();
    if (until <= now) {
      fire_due(now);
      continue;
    }
    futex_wait(alarm_, heard, until);
  }
}

void timer_service::stop() noexcept {
  if (!guard_.joinable()) return;
  over_.store(true, release);  // release: pairs with the acquire in guard()
  wake_guard();
  guard_.join();
}

void name_this_thread(const std::string& name, const std::string& which) {
  const std::string end = "/" + which;
  pthread_setname_np(pthread_self(), (name.substr(0, 15 - std::min<std::size_t>(end.size(), 15)) + end).c_str());
  prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);  // else a sleep takes 50 us longer than asked for
}

}  // namespace magpie::detail
