#include <magpie/model/engine.hpp>

#include <algorithm>

// Who goes on. Threads are fibers on one processor; the schedule branches before each step that others can see. Plain
// accesses are no such steps: a race on them is found by clocks, whichever way the schedule ran.
namespace magpie::model {

namespace {

constexpr std::uint8_t bit(int thread) noexcept { return static_cast<std::uint8_t>(1u << thread); }

/// A thread that pauses runs again as soon as *anybody* else has moved, this often; from then on only when *all* who
/// can move have: two threads that spin must not starve a third, on which both wait, for ever.
constexpr int lenient_pauses = 2;

constexpr const char* script_misfit = "the replay string does not fit this scene";

}  // namespace

std::uint64_t engine::random() noexcept {
  random_state_ += 0x9e3779b97f4a7c15u;  // splitmix64
  std::uint64_t z = random_state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void engine::start_schedule() {
  preemptions_ = 0;
  asleep_set_ = 0;
  redundant_ = false;
  if (options_.mode != options::strategy::random || trail_.repeating()) return;
  // PCT: random distinct priorities above the ones that the change points will hand out.
  for (int i = 0; i < scene_.threads; ++i) {
    auto& mine = threads_[static_cast<std::size_t>(i)].priority;
    mine = 100 + i;
    std::swap(mine, threads_[random() % static_cast<std::uint64_t>(i + 1)].priority);
  }
  for (auto& each : change_at_) each = static_cast<std::uint32_t>(random() % longest_) + 1;
}

bool engine::enabled(int thread) const noexcept {
  const scene_thread& t = threads_[static_cast<std::size_t>(thread)];
  return (t.now == scene_thread::state::ready || t.now == scene_thread::state::asleep_with_timeout) && !t.held;
}

/// This thread has nothing useful to do until others have moved.
void engine::hold() {
  scene_thread& me = thread();
  me.held_for = 0;
  for (int i = 0; i < scene_.threads; ++i)
    if (i != current_ && enabled(i)) me.held_for |= bit(i);
  me.held = me.held_for != 0;
  ++me.pauses;
}

/// This thread took a step, ended, or fell asleep: those held for it may go on.
void engine::moved() {
  for (int i = 0; i < scene_.threads; ++i) {
    scene_thread& other = threads_[static_cast<std::size_t>(i)];
    if (!other.held || i == current_) continue;
    other.held_for &= static_cast<std::uint8_t>(~bit(current_));
    if (other.held_for == 0) other.pauses = 0;
    if (other.held_for == 0 || other.pauses <= lenient_pauses) other.held = false;
  }
}

int engine::choose(int count) {
  if (count == 1) return 0;
  int taken = 0;
  if (scripted_) {
    taken = script_at_ < options_.replay.size() ? options_.replay[script_at_++] - 'a' : 0;
    if (taken < 0 || taken >= count) fail(script_misfit);
  } else if (!redundant_) {
    const bool dice = options_.mode == options::strategy::random && !trail_.repeating() && random() % 2 == 0;
    taken = trail_.choose(count, dice ? static_cast<int>(random() % static_cast<std::uint64_t>(count)) : 0);
    if (taken < 0) fail(not_deterministic);
  }
  if (recording_) decisions_ += static_cast<char>('a' + taken);
  return taken;
}

bool engine::spurious() {
  scene_thread& me = thread();
  if (!in_threads_ || me.spurious_left == 0 || choose(2) == 0) return false;
  --me.spurious_left;
  return true;
}

int engine::highest_priority(const std::array<int, max_threads>& enabled, int count) {
  for (int i = 0; i < std::min<int>(options_.priority_changes, 16); ++i)
    if (change_at_[static_cast<std::size_t>(i)] == steps_ && current_ != main_thread) thread().priority = 50 - i;
  int best = 0;
  for (int i = 1; i < count; ++i)
    if (threads_[static_cast<std::size_t>(enabled[static_cast<std::size_t>(i)])].priority >
        threads_[static_cast<std::size_t>(enabled[static_cast<std::size_t>(best)])].priority)
      best = i;
  return best;
}

/// One of the enabled threads; which one is a decision of the search.
int engine::decide(const std::array<int, max_threads>& enabled, int count) {
  if (scripted_ && count > 1) {
    const int wanted = script_at_ < options_.replay.size() ? options_.replay[script_at_++] - '0' : enabled[0];
    for (int i = 0; i < count; ++i)
      if (enabled[static_cast<std::size_t>(i)] == wanted) return wanted;
    fail(script_misfit);
  }
  if (redundant_ || scripted_) return enabled[0];

  std::array<int, max_threads> open{};
  int open_count = 0;
  for (int i = 0; i < count; ++i)
    if ((asleep_set_ & bit(enabled[static_cast<std::size_t>(i)])) == 0)
      open[static_cast<std::size_t>(open_count++)] = enabled[static_cast<std::size_t>(i)];
  if (open_count == 0) {
    redundant_ = true;
    return enabled[0];
  }
  int taken = 0;
  if (open_count > 1) {
    const bool fresh = options_.mode == options::strategy::random && !trail_.repeating();
    taken = trail_.choose(open_count, fresh ? highest_priority(open, open_count) : 0);
    if (taken < 0) fail(not_deterministic);
  }
  const bool reduces =
      options_.mode == options::strategy::exhaustive && options_.preemptions == unbounded && options_.reduce;
  if (reduces)
    for (int i = 0; i < taken; ++i) asleep_set_ |= bit(open[static_cast<std::size_t>(i)]);
  return open[static_cast<std::size_t>(taken)];
}

/// The thread that takes the next step, or main_thread when all have ended.
int engine::pick() {
  // The running thread first: the depth-first search begins with the schedule that interrupts nobody.
  std::array<int, max_threads> able{};
  int count = 0;
  const auto collect = [&] {
    if (current_ != main_thread && enabled(current_)) able[static_cast<std::size_t>(count++)] = current_;
    for (int i = 0; i < scene_.threads; ++i)
      if (i != current_ && enabled(i)) able[static_cast<std::size_t>(count++)] = i;
  };
  collect();
  if (count == 0) {
    bool all_ended = true;
    for (int i = 0; i < scene_.threads; ++i) {
      scene_thread& t = threads_[static_cast<std::size_t>(i)];
      t.held = false;  // they wait for each other only
      all_ended = all_ended && t.now == scene_thread::state::ended;
    }
    if (all_ended) return main_thread;
    collect();
    if (count == 0) report_deadlock();
  }

  const bool could_go_on = current_ != main_thread && able[0] == current_;
  const bool bounded =
      options_.mode == options::strategy::exhaustive && options_.preemptions != unbounded && !scripted_;
  if (could_go_on && bounded && preemptions_ >= options_.preemptions && !recording_) return current_;
  if (could_go_on && bounded && preemptions_ >= options_.preemptions) {
    if (count > 1) decisions_ += static_cast<char>('0' + current_);  // a replay has no bound
    return current_;
  }

  const int next = decide(able, count);
  if (recording_ && count > 1) decisions_ += static_cast<char>('0' + next);
  if (could_go_on && next != current_) ++preemptions_;
  return next;
}

void engine::switch_to(int next) {
  scene_thread& from = thread();
  current_ = next;
  fiber::jump(from.stack, thread().stack);
}

void engine::point(const void* object, operation::effect does) {
  if (!in_threads_) return;
  scene_thread& me = thread();
  me.next = {object, does};
  if (++steps_ > options_.max_steps)
    fail("livelock: more than " + std::to_string(options_.max_steps) + " steps without an end");
  const int next = pick();
  if (next != current_) switch_to(next);

  if (asleep_set_ != 0) {
    asleep_set_ &= static_cast<std::uint8_t>(~bit(current_));
    for (int i = 0; i < scene_.threads; ++i)
      if ((asleep_set_ & bit(i)) != 0 && !threads_[static_cast<std::size_t>(i)].next.independent_of(me.next))
        asleep_set_ &= static_cast<std::uint8_t>(~bit(i));
  }
  moved();
}

void engine::pause() {
  if (!in_threads_) return;
  point(nullptr, operation::effect::everything);
  if (recording_) record("pause");
  hold();
  if (options_.mode == options::strategy::random) thread().priority = 10 - thread().pauses;
  thread().next = {nullptr, operation::effect::none};
  const int next = pick();
  if (next != current_) switch_to(next);
}

void engine::block(scene_thread::state how, const void* waits_for) {
  scene_thread& me = thread();
  me.now = how;
  me.waits_for = waits_for;
  me.next = {nullptr, operation::effect::everything};
  if (how == scene_thread::state::asleep_with_timeout)
    hold();  // nothing has changed yet: to time out at once would only repeat what the thread has just seen
  const int next = pick();
  if (next != current_) switch_to(next);
  asleep_set_ = 0;
  me.timed_out = me.now == scene_thread::state::asleep_with_timeout;
  me.now = scene_thread::state::ready;
  me.waits_for = nullptr;
}

void engine::thread_ended() {
  scene_thread& me = thread();
  me.now = scene_thread::state::ended;
  moved();
  const int next = pick();
  current_ = next;
  fiber::jump(me.stack, thread().stack, fiber::leave::abandon);
}

void engine::report_deadlock() {
  std::string why = "deadlock:";
  for (int i = 0; i < scene_.threads; ++i) {
    const scene_thread& t = threads_[static_cast<std::size_t>(i)];
    if (t.now == scene_thread::state::ended) continue;
    why += " thread " + std::to_string(i);
    if (t.now == scene_thread::state::locked_out) {
      why += " waits for the mutex " + describe(t.waits_for) + ";";
    } else {
      why += " sleeps on " + name_of(*static_cast<const location*>(t.waits_for)) + " and nobody will wake it;";
    }
  }
  why.pop_back();
  fail(why);
}

}  // namespace magpie::model
