#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/spawn/self_wait.hpp>
#include <magpie/spawn/spawned.hpp>

#include "pool.hpp"
#include "worker.hpp"

#include <algorithm>
#include <array>

namespace magpie::detail {

constinit thread_local worker_context* current_worker = nullptr;

namespace {

constexpr std::int64_t microsecond = 1000;
// A worker that runs out of work searches about as long as a wake would cost before it sleeps.
constexpr std::int64_t search_time = 25 * microsecond;
// A lone task that its worker will come to next stays with it for so long: two for half as long, and so on. Of many
// half are taken at once.
constexpr std::int64_t next_is_private = 3 * microsecond;
constexpr std::int64_t many_tasks = 16;
constexpr unsigned newest_in_a_row = 3;
constexpr unsigned successors_in_a_row = 3;
// How often a worker looks at the clock between tasks, if it has timers. Reading it costs about as much as a small
// task.
constexpr unsigned turns_between_clocks = 16;
constexpr unsigned injected_at_once = 32;
constexpr unsigned most_scopes_in_errand = 1000;  // how far up it is looked for: some microseconds

/// Longer from look to look: each takes from the others the lines of the cache that they write.
void pause_after_look(unsigned looks_before) noexcept {
  const unsigned pauses = std::min(8 + 4 * looks_before, 32u);
  for (unsigned i = 0; i < pauses; ++i) atomics::pause();
}

}  // namespace

worker::worker(pool& p, unsigned index) : worker_context(p, p.sleepers_), pool_(p), index_(index), random_(index + 1) {
  number = index;
}

void worker::run() noexcept {
  current_worker = this;
  set_stack_floor(*this);
  while (std::coroutine_handle<> h = find_or_rest()) resume(*this, h);
  current_worker = nullptr;
}

// noinline: no address of a thread's variable is kept from one thread to the next.
MAGPIE_NOINLINE void worker::run_errand(errand& e) noexcept {
  const std::uintptr_t floor_of_own_thread = stack_floor;
  current_worker = this;
  successor.allow(0);  // what it makes go on may be anybody's
  places.allow(false);
  set_stack_floor(*this);
  for (std::coroutine_handle<> h = start_queued(*this, &e.first_step); h; h = next_part_of(e)) {
    resume(*this, h);
    // The deque was empty, so what stands there is a part of the errand. What else was made runnable may be anybody's.
    while (gather_block* b = forks.take()) resume(*this, start_stolen(*this, b, entry_from::below));
  }
  stack_floor = floor_of_own_thread;
  current_worker = nullptr;
}

/// What others have of it, for as long as a search is worth it, and nobody else is needed here.
std::coroutine_handle<> worker::next_part_of(const errand& e) noexcept {
  if (e.is_over() || !pool_.may_spin_ || pool_.size() == 1) return {};
  const std::int64_t until = monotonic_now() + search_time;
  do {
    if (auto h = stolen_part_of(e)) return h;
    if (has_visible_work() || pool_.has_shared_work()) return {};
    pause_after_look(0);
  } while (!e.is_over() && monotonic_now() < until);
  return {};
}

// Where work comes from ----------------------------------------------------------------------------------------------

std::coroutine_handle<> worker::find() noexcept {
  successor.allow(successors_in_a_row);
  places.allow(true);
  if (++turns_ % turns_between_clocks == 0 && pool_.timers_.pending(index_)) {
    pool_.timers_.fire_due(index_, monotonic_now());
  }
  if (places.of() != nullptr) {
    if (auto h = sibling()) return h;
  }
  if (turns_ % turns_between_injections == 0) {
    if (turns_ % turns_between_background == 0) {
      if (auto h = one_of(pool_.background_)) return h;
    }
    if (auto h = injected_work()) return h;
    if (auto h = own_work()) return h;
  }
  if (!pool_.high_.looks_empty()) {
    if (auto h = one_of(pool_.high_)) return h;
  }
  if (auto h = own_work()) return h;
  if (auto h = injected_work()) return h;
  if (auto h = stolen_work()) return h;
  return one_of(pool_.background_);
}

/// While places in a group are held: its next child, if it is their turn. Else they are given back now (G3), and what
/// that leads to comes first.
std::coroutine_handle<> worker::sibling() noexcept {
  spawn_owner& group = *places.of();
  const bool in_turn = turns_ % turns_between_injections != 0 && newest_.peek() == nullptr && forks.looks_empty() &&
                       pool_.high_.looks_empty();
  runnable* const oldest = in_turn ? queue_.pop() : nullptr;
  if (oldest == nullptr || spawned_base::owner_of(*oldest) != &group) {
    const verdict v = group.give_back(pool_, places);
    if (v.cancel != nullptr || v.resume) {
      if (oldest != nullptr) push(*oldest, placement::next);
      return settle(v);
    }
  }
  return oldest != nullptr ? start_queued(*this, oldest) : std::coroutine_handle<>();
}

std::coroutine_handle<> worker::own_work() noexcept {
  if (lifo_in_a_row_ < newest_in_a_row) {
    if (runnable* r = newest_.take()) {
      ++lifo_in_a_row_;
      return start_queued(*this, r);
    }
  }
  lifo_in_a_row_ = 0;
  // Siblings of what suspended here, and what waits in the queue, take turns: neither may starve the other.
  const bool queue_first = turns_ % 2 == 0;
  if (queue_first) {
    if (runnable* r = queue_.pop()) return start_queued(*this, r);
  }
  if (gather_block* b = take_fork()) return start_stolen(*this, b, entry_from::below);
  if (!queue_first) {
    if (runnable* r = queue_.pop()) return start_queued(*this, r);
  }
  if (runnable* r = newest_.take()) return start_queued(*this, r);
  return {};
}

/// The children of a background task stand back, as it does, but for their turn now and then.
gather_block* worker::take_fork() noexcept {
  gather_block* const b = forks.take();
  if (b == nullptr || b->level != priority::background || turns_ % turns_between_injections == 0) return b;
  if (queue_.looks_empty() && newest_.peek() == nullptr && pool_.injected_.looks_empty()) return b;
  return forks.push(b) ? nullptr : b;
}

/// The oldest of a level that is not normal: one at a time, as whoever is free takes the next.
MAGPIE_COLD std::coroutine_handle<> worker::one_of(injection_queue<runnable>& of_level) noexcept {
  runnable* got = nullptr;
  // Another worker takes at this moment, or it is being filled: a few steps, unless that thread is interrupted.
  for (int i = 0; i < 64 && !of_level.looks_empty(); ++i) {
    if (of_level.take(1, [&](runnable* r) { got = r; }) != 0) return start_queued(*this, got);
    atomics::pause();
  }
  return {};
}

std::coroutine_handle<> worker::injected_work() noexcept {
  runnable* first = nullptr;
  const unsigned n = pool_.injected_.take(injected_at_once, [&](runnable* r) {
    if (first == nullptr) {
      first = r;
    } else {
      push_back(r);
    }
  });
  if (n > 1 && !sleeper_.searching()) pool_.wake_one();  // a searcher wakes the next one anyway
  return first != nullptr ? start_queued(*this, first) : std::coroutine_handle<>();
}

/// What `use` makes of one of the other workers, who are asked in a random order until there is something.
template <class Use>
std::coroutine_handle<> worker::first_of_others(Use use) noexcept {
  const unsigned n = pool_.size();
  if (n == 1) return {};
  const unsigned first = random_.below(n);
  for (unsigned i = 0; i < n; ++i) {
    worker& other = *pool_.workers_[(first + i) % n];
    if (&other == this) continue;
    if (auto h = use(other)) return h;
  }
  return {};
}

std::coroutine_handle<> worker::stolen_work() noexcept {
  return first_of_others([this](worker& victim) noexcept { return steal_from(victim); });
}

/// As stolen_work(), for a thread that has nothing to do with anything else. A fork that is no part of the errand goes
/// to our own deque, where others find it.
std::coroutine_handle<> worker::stolen_part_of(const errand& e) noexcept {
  return first_of_others([&](worker& victim) noexcept -> std::coroutine_handle<> {
    gather_block* const b = has_visible_work() ? nullptr : stolen_fork(victim);
    if (b == nullptr) return {};
    if (is_part_of(b->inside, e.inside, most_scopes_in_errand) || !forks.push(b)) {
      return start_stolen(*this, b, entry_from::another);
    }
    return {};
  });
}

gather_block* worker::stolen_fork(worker& victim) noexcept {
  for (;;) {
    gather_block* b;
    const steal_result got = victim.forks.steal(b);
    if (got == steal_result::empty) return nullptr;
    if (got == steal_result::lost) continue;  // somebody else was faster: there may be more
    steals.add();
    return b;
  }
}

std::coroutine_handle<> worker::steal_from(worker& victim) noexcept {
  if (gather_block* const b = stolen_fork(victim)) return start_stolen(*this, b, entry_from::another);
  runnable* const newest = victim.newest_.peek();
  const auto waiting = victim.queue_.look();
  // The more there are, the sooner it is worth to take half of them.
  const auto all = static_cast<std::int64_t>(waiting.count + (newest != nullptr ? 1 : 0));
  if (waiting.count != 0 && (all >= many_tasks || stays_there(&victim.queue_, waiting.oldest, next_is_private / all))) {
    std::array<runnable*, run_queue<runnable>::half> loot;
    if (const std::size_t n = victim.queue_.steal(loot)) {
      steals.add();
      for (std::size_t i = 1; i < n; ++i) push_back(loot[i]);
      return start_queued(*this, loot[0]);
    }
  }
  if (newest != nullptr && stays_there(&victim.newest_, reinterpret_cast<std::uintptr_t>(newest), next_is_private) &&
      victim.newest_.steal(newest)) {
    steals.add();
    return start_queued(*this, newest);
  }
  return {};
}

/// Its worker would have come to it, if it did not compute. One place is watched at a time, until it is known or too
/// long ago, for else nobody would come for one of two.
bool worker::stays_there(const void* place, std::uint64_t item, std::int64_t so_long) noexcept {
  const std::int64_t now = monotonic_now();
  if (place == watched_.place && item == watched_.item) return now - watched_.since >= so_long;
  if (place == watched_.place || now - watched_.since >= 10 * next_is_private) watched_ = {place, item, now};
  return false;
}

// What comes in ------------------------------------------------------------------------------------------------------

void worker::push(runnable& r, placement where) noexcept {
  if (r.level != priority::normal) return pool_.publish(r);
  if (where == placement::back) return push_back(&r);
  if (pool_.high_.looks_empty() && successor.offer(r)) return;
  if (runnable* displaced = newest_.put(&r)) return push_back(displaced);
  // The newest is ours to run next. If we do not come to it, a watcher will.
  sleeper<>::wake_one_for_newest(pool_);
}

/// A task that starts, behind those that were started before.
void worker::push_new(runnable& r) noexcept {
  if (r.level != priority::normal) return pool_.publish(r);
  push_back(&r);
}

void worker::push_back(runnable* r) noexcept {
  using pushed = run_queue<runnable>::pushed;
  for (;;) {
    const pushed how = queue_.try_push(r);
    if (how != pushed::full) [[likely]]
      return sleeper<>::wake_one_for_push(pool_, queue_, how == pushed::alone);
    // Full: the older half goes where all can get it.
    std::array<runnable*, run_queue<runnable>::half> surplus;
    const std::size_t n = queue_.shed(surplus);
    if (n == 0) continue;  // thieves made room
    for (std::size_t i = 0; i + 1 < n; ++i)
      surplus[i]->next.store(surplus[i + 1], relaxed);  // relaxed: push() publishes
    pool_.injected_.push(surplus[0], surplus[n - 1]);
    pool_.wake_one();
  }
}

bool worker::has_visible_work() const noexcept {
  return !queue_.looks_empty() || !forks.looks_empty() || newest_.peek() != nullptr;
}

// Rest ---------------------------------------------------------------------------------------------------------------

std::coroutine_handle<> worker::find_or_rest() noexcept {
  for (;;) {
    if (auto h = find()) {
      found_work();
      return h;
    }
    if (pool_.finish_.is_passed()) return {};
    if (keep_searching()) continue;
    sleeps.add();
    sleeper_.sleep(pool_, index_);
    search_until_ = monotonic_now() + search_time;  // what it was woken for may be gone, and more may follow
    looks_ = 0;
  }
}

void worker::found_work() noexcept {
  worked_ = true;
  sleeper_.found_work(pool_);
}

/// Spin a little after real work: more may come sooner than a sleeper could wake.
bool worker::keep_searching() noexcept {
  if (!pool_.may_spin_) return false;
  if (worked_) {
    worked_ = false;
    if (!sleeper_.start_searching(pool_, pool_.most_searchers_)) return false;
    search_until_ = monotonic_now() + search_time;
    looks_ = 0;
  }
  if (!sleeper_.searching() || monotonic_now() >= search_until_) return false;
  pause_after_look(looks_++);
  return true;
}

void wake_sleeper(worker_context& w) noexcept { w.home.forked(); }

}  // namespace magpie::detail
