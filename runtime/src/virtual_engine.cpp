#include <magpie/base/assert.hpp>
#include <magpie/base/futex.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/transfer.hpp>
#include <magpie/errors.hpp>

#include "virtual_engine.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace magpie::detail {
namespace {

/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014 (its finalizer).
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

unsigned checked(unsigned workers) {
  if (workers == 0 || workers > parking_word<>::most_workers) {
    throw std::invalid_argument("magpie: virtual_options.workers is " + std::to_string(workers) + "; it is 1 to " +
                                std::to_string(parking_word<>::most_workers));
  }
  return workers;
}

// Where a timer is: timer_node::home.
constexpr std::uint32_t in_heap = 0;
constexpr std::uint32_t first_due = 1;  // and so on: its place among those that are due

}  // namespace

virtual_engine::virtual_engine(runtime& owner, const testing::virtual_options& options)
    : runtime_engine(owner, print_unhandled, driven::by_who_waits), random_(mix(options.seed)) {
  const unsigned n = checked(options.workers);
  for (unsigned i = 0; i < n; ++i) {
    workers_.push_back(std::make_unique<virtual_worker>(*this, sleepers_, 64));
    workers_.back()->number = i;
  }
  if (n > 1) sleepers_.park(0, false);  // somebody is always hungry: forked() decides
}

virtual_engine::~virtual_engine() {
  if (current_worker != nullptr && &current_worker->home == this) {
    fatal("magpie: a virtual runtime is being destroyed by a task that runs on it, and would wait for itself for ever: "
          "destroy it outside");
  }
  thread_ = std::this_thread::get_id();
  accepting_ = false;
  root_scope().request_stop();
  try {
    wait_for_the_end(no_deadline);
  } catch (const std::exception& e) {
    fatal((std::string("magpie: a virtual runtime cannot end, because tasks ignore the stop and wait for ever. ") +
           e.what())
              .c_str());
  }
}

// What tasks call ----------------------------------------------------------------------------------------------------

void virtual_engine::enqueue(runnable& r, placement) noexcept {
  if (!here()) {
    fatal("magpie: another thread made a task of a virtual runtime go on. A virtual runtime and all that its tasks "
          "wait for live on one thread: use a runtime where threads take part");
  }
  ready(r.level).push_back(&r);
}

bool virtual_engine::start(runnable& r) noexcept {
  if (!announce()) return false;
  ready(r.level).push_back(&r);
  return true;
}

bool virtual_engine::announce() noexcept {
  if (!here() || !accepting_) return false;
  ++started_;
  return true;
}

void virtual_engine::wait_for_the_end(std::int64_t deadline) {
  const auto all_ended = [](const void* self) noexcept {
    const auto* e = static_cast<const virtual_engine*>(self);
    return e->finished_ == e->started_;
  };
  drive(all_ended, this, deadline);
}

/// In no time, and on no worker, as far as the call can tell.
void virtual_engine::call(blocking_call& c) {
  worker_context* const before = std::exchange(current_worker, nullptr);
  ++blocking_calls_;
  c.run(&c);
  current_worker = before;
}

const char* virtual_engine::refusal() const noexcept {
  if (here()) return runtime_engine::refusal();
  return "magpie: spawn() on a virtual runtime by another thread than the one that made it";
}

void virtual_engine::forked() noexcept {
  if (busy_ == size() || busy_ == most_nested) return;
  while (choose(2) == 1 && step()) {
  }
}

runtime_metrics virtual_engine::metrics() const {
  runtime_metrics m;
  m.workers = size();
  m.started = started_;
  m.finished = finished_;
  m.steals = steals_;
  m.sleeps = jumps_;
  m.blocking_calls = blocking_calls_;
  for (const auto& w : workers_) m.errors_dropped += w->errors_dropped.read();
  return m;
}

// Driving ------------------------------------------------------------------------------------------------------------

/// While this thread is the runtime's.
class virtual_engine::session {
 public:
  explicit session(virtual_engine& e) noexcept
      : engine_(e),
        time_before_(std::exchange(current_virtual_time, static_cast<virtual_time*>(&e))),
        worker_before_(std::exchange(current_worker, nullptr)) {
    engine_.driving_ = true;
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  ~session() {
    engine_.driving_ = false;
    current_virtual_time = time_before_;
    current_worker = worker_before_;
  }

 private:
  virtual_engine& engine_;
  virtual_time* time_before_;
  worker_context* worker_before_;
};

void virtual_engine::drive(bool (*over)(const void*) noexcept, const void* context, std::int64_t deadline) {
  if (!here()) {
    throw usage_error("magpie: get() or wait() for a task of a virtual runtime by another thread than the one that "
                      "made it");
  }
  if (driving_) {
    throw usage_error("magpie: get() or wait() for a task of a virtual runtime from inside what it runs: co_await it");
  }
  if (deadline <= now_) return;  // a look
  const session mine(*this);
  while (!over(context) && now_ <= deadline) {
    if (step()) continue;
    const std::int64_t next = std::min(timers_.earliest(), deadline);
    if (next == no_deadline) {
      throw testing::deadlock("magpie: deadlock: nothing can run, no timer is armed, and " + describe());
    }
    if (next <= now_) return;  // all is done that could be done before the deadline
    jump(next);
  }
}

/// Whether the next children that it has opened to thieves are of this level.
bool virtual_engine::opens(const virtual_worker& w, priority level) const noexcept {
  return !w.forks.looks_empty() && w.forks.newest()->level == level;
}

/// The level that the next step is for: the most urgent of all that can run, but for the turns that the others have, as
/// with the workers of a pool.
priority virtual_engine::level_in_turn() noexcept {
  const auto any = [this](priority level) {
    return !ready(level).empty() ||
           std::any_of(workers_.begin(), workers_.end(), [&](const auto& w) { return opens(*w, level); });
  };
  ++steps_;
  if (steps_ % turns_between_background == 0 && any(priority::background)) return priority::background;
  if (steps_ % turns_between_injections == 0 && any(priority::normal)) return priority::normal;
  if (any(priority::high)) return priority::high;
  return any(priority::normal) ? priority::normal : priority::background;
}

/// One thing of all that can happen now, by any idle worker. False: there is nothing.
bool virtual_engine::step() noexcept {
  collect_due();
  const priority level = level_in_turn();
  std::vector<runnable*>& ready_now = ready(level);
  std::size_t possible = ready_now.size() + due_.size();
  for (const auto& w : workers_) possible += opens(*w, level) ? 1 : 0;
  if (possible == 0) return false;
  std::size_t which = choose(possible);
  if (which < ready_now.size()) {
    runnable& r = *std::exchange(ready_now[which], ready_now.back());
    ready_now.pop_back();
    virtual_worker& w = idle_worker();
    run(w, [&] { return start_queued(w, &r); });
    return true;
  }
  which -= ready_now.size();
  if (which < due_.size()) {
    fire(which);
    return true;
  }
  which -= due_.size();
  const auto victim =
      std::find_if(workers_.begin(), workers_.end(), [&](const auto& w) { return opens(*w, level) && which-- == 0; });
  steal(idle_worker(), **victim);
  return true;
}

virtual_engine::virtual_worker& virtual_engine::idle_worker() noexcept {
  std::uint32_t which = choose(size() - busy_);
  for (const auto& w : workers_) {
    if (!w->busy && which-- == 0) return *w;
  }
  fatal("magpie: a virtual runtime has no idle worker");
}

/// Runs what `start` gives on `w`, and what that leads to, until something suspends.
template <class Start>
void virtual_engine::run(virtual_worker& w, Start start) noexcept {
  worker_context* const before = std::exchange(current_worker, &w);
  w.busy = true;
  ++busy_;
  set_stack_floor(w);
  resume(w, start());
  --busy_;
  w.busy = false;
  current_worker = before;
}

void virtual_engine::steal(virtual_worker& thief, virtual_worker& victim) noexcept {
  gather_block* b = nullptr;
  if (&thief == &victim) {
    b = victim.forks.take();
  } else if (victim.forks.steal(b) == steal_result::taken) {
    ++steals_;
  }
  if (b == nullptr) fatal("magpie: on one thread, a thief found less than it saw");
  const entry_from where = &thief == &victim ? entry_from::below : entry_from::another;
  run(thief, [&] { return start_stolen(thief, b, where); });
}

std::uint32_t virtual_engine::choose(std::size_t of) noexcept {
  if (of == 1) return 0;
  const std::uint32_t choice = random_.below(static_cast<std::uint32_t>(of));
  note(std::uint64_t{of} << 32 | choice);
  return choice;
}

void virtual_engine::note(std::uint64_t event) noexcept { hash_ = mix(hash_ ^ event); }

// Time ---------------------------------------------------------------------------------------------------------------

void virtual_engine::arm(timer_node& t) {
  t.home = in_heap;
  timers_.arm(t);
}

bool virtual_engine::disarm(timer_node& t) noexcept {
  if (t.home == in_heap) return timers_.disarm(t);
  const std::size_t place = t.home - first_due;
  t.home = in_heap;
  due_[place] = due_.back();
  due_.pop_back();
  if (place < due_.size()) due_[place]->home = first_due + static_cast<std::uint32_t>(place);
  return true;
}

/// What is due can be disarmed until it fires: which comes first is the seed's choice.
void virtual_engine::collect_due() noexcept {
  std::size_t place = due_.size();
  timers_.take_due(now_, ~0u, due_);
  for (; place < due_.size(); ++place) due_[place]->home = first_due + static_cast<std::uint32_t>(place);
}

void virtual_engine::fire(std::size_t index) noexcept {
  timer_node& t = *due_[index];
  static_cast<void>(disarm(t));
  t.timer_fired();  // it may be gone
}

void virtual_engine::jump(std::int64_t time) noexcept {
  now_ = time;
  ++jumps_;
  note(static_cast<std::uint64_t>(elapsed()));
}

/// A task looks whether its time is over: it may do nothing else, so what is due fires under its feet, as on a machine.
void virtual_engine::polled() noexcept {
  now_ = std::min(now_, no_deadline - 2 * cost_of_a_poll) + cost_of_a_poll;
  note(static_cast<std::uint64_t>(elapsed()));
  if (firing_) return;
  firing_ = true;
  for (collect_due(); !due_.empty(); collect_due()) fire(choose(due_.size()));
  firing_ = false;
}

}  // namespace magpie::detail
