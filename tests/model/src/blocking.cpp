#include <magpie/model/engine.hpp>

#include <algorithm>

// Threads that sleep in the kernel. A futex promises less than one thinks, and the model promises no more: waiting and
// waking order nothing but the word itself. What a waker wrote before its wake is seen by the check of a wait that
// comes later (the kernel's bucket lock sees to that); no happens-before comes of it.
namespace magpie::model {

engine::wait_end engine::futex_wait(int id, const void* atomic, std::uint64_t expected, patience how) {
  point(id < 0 ? nullptr : &locations_[static_cast<std::size_t>(id)], operation::effect::writes);
  location& at = access(id, atomic);
  scene_thread& me = thread();

  const stamp floor = std::max(oldest_in_reach(at), at.woken_at);
  candidates from;
  for (message* each = at.newest; each != nullptr && each->position >= floor; each = each->older)
    if (!too_stale(at, *each) && coherent_with_sc(at, *each, std::memory_order_relaxed, event::load)) offer(from, each);
  message& chosen = *from.at[static_cast<std::size_t>(choose(from.count))];
  read_from(at, chosen, std::memory_order_relaxed);
  note_reader(chosen, -1);
  me.current.tick(current_);

  const bool sleeps = chosen.value == expected;
  if (recording_)
    record("wait(" + name_of(at) + ", " + print_value(expected, at.kind) + ") reads " + choice_text(at, chosen, from) +
           (sleeps ? ": sleeps" : ": goes on"));
  if (!sleeps) return wait_end::changed;
  if (spurious()) {
    if (recording_) record("wait returns for no reason");
    return wait_end::spurious;
  }
  if (!in_threads_) fail("deadlock: the main thread sleeps while no other thread runs");
  block(how == patience::timed ? scene_thread::state::asleep_with_timeout : scene_thread::state::asleep, &at);
  if (me.timed_out) {
    if (recording_) record("wait times out");
    return wait_end::timed_out;
  }
  return wait_end::woken;
}

int engine::futex_wake(int id, const void* atomic, int count) {
  point(id < 0 ? nullptr : &locations_[static_cast<std::size_t>(id)], operation::effect::writes);
  return wake_sleepers(access(id, atomic), count);
}

int engine::futex_wake_at(const void* atomic, int count) {
  location* at = nullptr;
  for (int id = 0; id < open_; ++id)
    if (locations_[static_cast<std::size_t>(id)].address == atomic) at = &locations_[static_cast<std::size_t>(id)];
  if (at == nullptr) fail("a wake at an address where no atomic was constructed in this execution");
  point(at, operation::effect::writes);
  return wake_sleepers(*at, count);
}

int engine::wake_sleepers(location& at, int count) {
  const int id = number_of(at);
  at.woken_at = std::max(at.woken_at, now().seen(id));
  thread().current.tick(current_);

  int woken = 0;
  while (woken < count) {
    std::array<int, max_threads> asleep{};
    int sleepers = 0;
    for (int i = 0; i < scene_.threads; ++i) {
      const scene_thread& t = threads_[static_cast<std::size_t>(i)];
      const bool sleeps = t.now == scene_thread::state::asleep || t.now == scene_thread::state::asleep_with_timeout;
      if (sleeps && t.waits_for == &at) asleep[static_cast<std::size_t>(sleepers++)] = i;
    }
    if (sleepers == 0) break;
    scene_thread& chosen = threads_[static_cast<std::size_t>(
        asleep[static_cast<std::size_t>(count >= woken + sleepers ? 0 : choose(sleepers))])];
    chosen.now = scene_thread::state::ready;
    chosen.held = false;
    ++woken;
  }
  if (recording_) record("wake(" + name_of(at) + ", " + std::to_string(count) + ") wakes " + std::to_string(woken));
  return woken;
}

/// A mutex is free again: everybody who was locked out tries again.
void engine::unlock_waiters(const void* mutex) {
  for (int i = 0; i < scene_.threads; ++i) {
    scene_thread& t = threads_[static_cast<std::size_t>(i)];
    if (t.now == scene_thread::state::locked_out && t.waits_for == mutex) t.now = scene_thread::state::ready;
  }
}

}  // namespace magpie::model
