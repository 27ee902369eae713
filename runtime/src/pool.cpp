#include <magpie/base/assert.hpp>
#include <magpie/services/topology.hpp>

#include "pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace magpie::detail {
namespace {

unsigned checked_blocking_threads(unsigned most) {
  if (most == 0) throw std::invalid_argument("magpie: runtime_options.blocking_threads is 0; the least is 1");
  return most;
}

unsigned worker_count(unsigned wanted) {
  if (wanted > parking_word<>::most_workers) {
    throw std::invalid_argument("magpie: runtime_options.workers is " + std::to_string(wanted) + "; the most is " +
                                std::to_string(parking_word<>::most_workers));
  }
  return wanted != 0 ? wanted : std::min(usable_cpus(), parking_word<>::most_workers);
}

/// The CPU of the affinity mask that worker `index` is pinned to, counted round.
void pin(std::thread& thread, unsigned index) {
  cpu_set_t allowed;
  int error = pthread_getaffinity_np(thread.native_handle(), sizeof allowed, &allowed);
  if (error == 0) {
    int skip = static_cast<int>(index) % std::max(CPU_COUNT(&allowed), 1);
    int cpu = 0;
    while (cpu < CPU_SETSIZE && !(CPU_ISSET(cpu, &allowed) && skip-- == 0)) ++cpu;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    error = pthread_setaffinity_np(thread.native_handle(), sizeof one, &one);
  }
  if (error != 0) throw std::system_error(error, std::generic_category(), "magpie: cannot pin a worker to a CPU");
}

}  // namespace

pool::pool(runtime& owner, const runtime_options& options)
    : runtime_engine(owner, options.on_unhandled != nullptr ? options.on_unhandled : print_unhandled),
      process_bound(static_cast<executor*>(this)),
      thread_name_(options.thread_name),
      timers_(worker_count(options.workers), thread_name_),
      blocking_(checked_blocking_threads(options.blocking_threads), thread_name_) {
  const unsigned count = timers_.heaps();
  const unsigned cpus = affinity_cpus();
  // A spinning thread that takes a CPU from a working one helps nobody.
  may_spin_ = cpus > 1;
  most_searchers_ = std::max(1u, std::min(count, cpus) / 4);
  workers_.reserve(count);
  for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<worker>(*this, i));
  try {
    start_threads(options);
  } catch (...) {
    gate_.close();
    finish_.draw();
    compare_counts();
    join_threads();
    throw;
  }
  announce_to_forks();
}

pool::~pool() {
  if (is_here()) {
    fatal("magpie: a runtime is being destroyed by a task that runs on it, and would wait for itself for ever: "
          "destroy it on a thread outside");
  }
  withdraw_from_forks();
  shut_down();
}

void pool::start_threads(const runtime_options& options) {
  for (std::unique_ptr<worker>& w : workers_) {
    w->thread = std::thread([this, p = w.get()] {
      name_this_thread(thread_name_, std::to_string(p->index()));
      p->run();
    });
    if (options.pin_workers) pin(w->thread, w->index());
  }
}

worker* pool::here() noexcept {
  worker_context* w = current_worker;
  return w != nullptr && &w->home == this ? static_cast<worker*>(w) : nullptr;
}

injection_queue<runnable>& pool::queue_of(priority level) noexcept {
  switch (level) {
    case priority::high:
      return high_;
    case priority::background:
      return background_;
    case priority::inherit:
    case priority::normal:
      break;
  }
  return injected_;
}

void pool::publish(runnable& r) noexcept {
  queue_of(r.level).push(&r);
  wake_one();
}

void pool::inherit() noexcept {
  gate_.close();  // so whatever would start here is refused
}

const char* pool::refusal() const noexcept {
  return is_inherited()
             ? "magpie: this runtime is that of the process that called fork(), and its threads are not in the "
               "child: make a runtime in the child"
             : runtime_engine::refusal();
}

void pool::enqueue(runnable& r, placement where) noexcept {
  if (worker* w = here()) return w->push(r, where);
  gate_.enter();  // Z1: until we are out again, the pool stays
  publish(r);
  gate_.leave();
}

bool pool::start(runnable& r) noexcept {
  if (worker* w = here()) {
    if (!gate_.looks_open()) return false;
    w->started.add();
    w->push_new(r);
    return true;
  }
  gate_.enter();
  if (!gate_.is_open()) {
    gate_.leave();
    return false;
  }
  publish(r);
  gate_.leave_having_started();
  return true;
}

bool pool::run_here(errand& e) noexcept {
  gate_.enter();
  if (!gate_.is_open()) {
    gate_.leave();
    return false;
  }
  const std::optional<unsigned> borrowed = sleeper<>::borrow(*this);
  if (!borrowed) {
    publish(e.first_step);
    gate_.leave_having_started();
    return true;
  }
  loans_.begin();
  gate_.leave_having_started();
  run_on_loan(*borrowed, e);
  return true;
}

void pool::run_if_next(errand& e) noexcept {
  std::optional<unsigned> borrowed;
  const auto borrow = [&] { return (borrowed = sleeper<>::borrow(*this)).has_value(); };
  const priority level = e.first_step.level;
  // What else could come before a background task is in many places.
  const bool in_turn = level == priority::high || (level == priority::normal && high_.looks_empty());
  // Z5: kept() has entered the gate.
  const bool taken = in_turn && gate_.is_open() && queue_of(level).take_if_first(&e.first_step, borrow);
  if (!borrowed) return gate_.leave();
  if (!taken) {  // a producer stood behind it
    sleeper<>::give_back(*this, *borrowed);
    return gate_.leave();
  }
  loans_.begin();
  gate_.leave();
  run_on_loan(*borrowed, e);
}

void pool::run_on_loan(unsigned index, errand& e) noexcept {
  workers_[index]->run_errand(e);
  // Z4: the loan keeps the pool, until it is counted as ended; the gate from before that on.
  gate_.enter();
  sleeper<>::give_back(*this, index);
  loans_.end();
  if (finish_.is_drawn()) compare_counts();
  gate_.leave();
}

bool pool::announce() noexcept {
  if (worker* w = here()) {
    if (!gate_.looks_open()) return false;
    w->started.add();
    return true;
  }
  gate_.enter();
  const bool open = gate_.is_open();
  open ? gate_.leave_having_started() : gate_.leave();
  return open;
}

void pool::arm(timer_node& t) {
  const worker* w = here();
  timers_.arm(t, w != nullptr ? w->index() : 0, [this](unsigned keeper) { workers_[keeper]->sleeper_.stir(); });
}

void pool::time_has_come(unsigned index) noexcept {
  // P7: another thread may have borrowed this worker, so what is due is made runnable as by a thread from outside.
  worker_context* const sleeps = std::exchange(current_worker, nullptr);
  const unsigned fired = timers_.fire_due(monotonic_now());
  current_worker = sleeps;
  if (fired > 0) sleeper<>::wake_one(*this, index);
}

void pool::ended() noexcept { here()->finished.add(); }

std::size_t pool::places_held_in(const spawn_owner& group) const noexcept {
  return held_places::held_in(group, [this](auto f) {
    for (const auto& w : workers_) f(w->places);
  });
}

bool pool::has_shared_work() const noexcept {
  return !injected_.looks_empty() || !high_.looks_empty() || !background_.looks_empty();
}

bool pool::has_visible_work() const noexcept {
  return has_shared_work() ||
         std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->has_visible_work(); });
}

// The end, in numbered steps ------------------------------------------------------------------------------------------

namespace {

void wait_a_little(unsigned n) noexcept { n < 100 ? atomics::pause() : atomics::yield(); }

}  // namespace

void pool::stop_accepting() noexcept {
  // 1. Nothing new is accepted.
  gate_.close();
  // 2. Foreign threads that are starting a task come through.
  gate_.wait_until_empty(wait_a_little);
  // 3. Whoever has nothing to do from here on looks whether all has ended.
  finish_.draw();
  compare_counts();
}

void pool::wait_for_the_end(std::int64_t deadline) {
  while (all_over_.load(acquire) == 0) {  // acquire: pairs with compare_counts(): what all have written
    if (deadline != no_deadline && monotonic_now() >= deadline) return;
    futex_wait(all_over_, 0, deadline);
  }
}

void pool::shut_down() noexcept {
  // What runs is asked to stop, before anybody waits for it.
  gate_.close();
  root_scope().request_stop();
  stop_accepting();
  // 4. The workers leave.
  join_threads();
  // 5. Foreign threads that made a task go on, whose end was waited for above, may still be on their way out.
  gate_.wait_until_empty(wait_a_little);
  timers_.stop();
  blocking_.stop();
}

bool pool::all_ended() noexcept {
  if (is_inherited()) {
    fatal(
        "magpie: a task called fork() and goes on in the child, which has none of the runtime's threads: let the child "
        "call exec or _exit only");
  }
  if (finish_.is_drawn()) compare_counts();
  return finish_.is_passed();
}

void pool::compare_counts() noexcept {
  finish_.compare(
      [this] {
        static_cast<void>(sleepers_.parked());  // Z2: what the sleepers did is visible
        std::uint64_t sum = loans_.ended();
        for (const auto& w : workers_) sum += w->finished.read();
        return sum;
      },
      [this] {
        std::uint64_t sum = gate_.started() + loans_.begun();
        for (const auto& w : workers_) sum += w->started.read();
        return sum;
      },
      [this] {
        for (const auto& w : workers_) w->sleeper_.signal(sleeper<>::news::end);
        all_over_.store(1, release);  // release: pairs with wait_for_the_end()
        futex_wake_all(all_over_);
      });
}

void pool::join_threads() noexcept {
  for (const auto& w : workers_) {
    if (w->thread.joinable()) w->thread.join();
  }
}

runtime_metrics pool::metrics() const {
  runtime_metrics m;
  m.workers = size();
  // As at the end (Z2), the ended are read before the started: so there are never more of them, but for what a thread
  // outside is starting.
  for (const auto& w : workers_) m.finished += w->finished.read();
  m.started = gate_.started();
  for (const auto& w : workers_) {
    m.started += w->started.read();
    m.steals += w->steals.read();
    m.sleeps += w->sleeps.read();
    m.errors_dropped += w->errors_dropped.read();
  }
  if (is_inherited()) return m;  // a lock may be held for ever
  const auto [calls, threads] = blocking_.read();
  m.blocking_calls = calls;
  m.blocking_threads = static_cast<unsigned>(threads);
  return m;
}

}  // namespace magpie::detail
