#include <magpie/model/engine.hpp>

// What loads read and where stores go: C++20's memory model, as an execution graph that grows by one event a step.
//
// A step may be added if the graph stays consistent: coherence and happens-before by the views, the order S of seq_cst
// operations by sc_order. A load may read any write that is still consistent, a store may go into modification order
// before writes that ran earlier, and a read-modify-write stands directly behind the write it reads. Because the parts
// of a consistent graph are consistent, every graph is reached by some schedule; except that a load never reads a write
// that has not run yet (docs/guide/model-checking.md, "What is covered").
namespace magpie::model {

using effect = operation::effect;

int engine::open(const void* atomic, std::uint64_t value, value_kind kind) {
  if (!running_) return -1;
  if (open_ == max_locations) fail("the scene has more atomics than max_locations in limits.hpp");
  location& made = locations_[static_cast<std::size_t>(open_)];
  made.address = atomic;
  made.name = nullptr;
  made.oldest = made.newest = nullptr;
  made.kind = kind;
  made.alive = true;
  made.creator = static_cast<std::uint8_t>(current_);
  made.created = now().clock(current_);
  made.accessed = {};
  made.accessed[static_cast<std::size_t>(current_)] = made.created;
  made.woken_at = 0;
  made.stale = {};
  made.early = {};
  message& initial = append(made, nullptr, value);
  initial.carries = false;
  thread().current.raise(open_, initial.position);
  return open_++;
}

void engine::close(int id, const void* atomic) {
  if (!running_ || id < 0) return;
  location& at = access(id, atomic);
  for (int i = 0; i < thread_slots; ++i)
    if (at.accessed[static_cast<std::size_t>(i)] > now().clock(i) && i != current_)
      fail("use after free: " + name_of(at) + " is destroyed, and nothing orders that after an access by thread " +
           std::to_string(i));
  at.alive = false;
}

/// Every access comes through here: the object must be alive, and its construction must happen before.
location& engine::access(int id, const void* atomic) {
  if (id < 0 || id >= open_ || locations_[static_cast<std::size_t>(id)].address != atomic)
    fail("access to an atomic that was never constructed in this execution");
  location& at = locations_[static_cast<std::size_t>(id)];
  if (!at.alive) fail("use after free: access to " + name_of(at) + ", which has been destroyed");
  if (now().clock(at.creator) < at.created && at.creator != current_)
    fail("data race: access to " + name_of(at) + ", whose construction by thread " + std::to_string(at.creator) +
         " is not ordered before");
  at.accessed[static_cast<std::size_t>(current_)] = now().clock(current_);
  return at;
}

/// A new write directly behind `after` in modification order (nullptr: the first).
message& engine::append(location& at, message* after, std::uint64_t value) {
  if (messages_used_ == max_messages) fail("the execution has more writes than max_messages in limits.hpp");
  message& made = messages_[static_cast<std::size_t>(messages_used_++)];
  made.value = value;
  made.older = after;
  made.newer = after == nullptr ? nullptr : after->newer;
  made.taken = false;
  (made.older == nullptr ? at.oldest : made.older->newer) = &made;
  (made.newer == nullptr ? at.newest : made.newer->older) = &made;
  if (made.newer != nullptr) {
    made.position = after->position + (made.newer->position - after->position) / 2;
    if (made.position == after->position)
      fail("too many writes to " + name_of(at) + " were inserted between two others");
  } else {
    made.position = after == nullptr ? stamp_gap : after->position + stamp_gap;
  }
  if (sc_used_) {
    made.sources.clear();
    made.reader_sources.clear();
    made.targets.clear();
  }
  return made;
}

void engine::offer(candidates& to, message* each) {
  if (to.count == max_candidates) {
    narrowed_ = true;  // the oldest are left out, and the result does not claim to be complete
  } else {
    to.at[static_cast<std::size_t>(to.count++)] = each;
  }
}

/// The thread has read this outdated write too often in a row.
bool engine::too_stale(const location& at, const message& each) const noexcept {
  const auto& last = at.stale[static_cast<std::size_t>(current_)];
  return &each != at.newest && last.position == each.position && last.times >= options_.stale_reads;
}

/// The thread's writes have gone before the newest one too often in a row: a lock that is taken by an exchange in a
/// loop would else be kept for ever from a thread that always looks at the time before the unlock.
bool engine::too_early(const location& at, const message& each) const noexcept {
  return &each != at.newest && at.early[static_cast<std::size_t>(current_)] >= options_.stale_reads;
}

// ---- views ----

void engine::read_from(location& at, message& from, std::memory_order order) {
  scene_thread& me = thread();
  me.current.raise(number_of(at), from.position);
  if (from.carries) {
    // A relaxed load keeps what it was handed for a later acquire fence.
    if (acquires(order)) {
      me.current.join(from.handed);
    } else {
      me.acquired.join(from.handed);
    }
  }
  auto& last = at.stale[static_cast<std::size_t>(current_)];
  if (&from == at.newest) {
    last.times = 0;
  } else if (last.position == from.position) {
    ++last.times;
  } else {
    last = {from.position, 1};
  }
}

/// Completes `made`: what it hands over, and its place in S. `continues` is the write that a read-modify-write has
/// read: it belongs to the same release sequence. (A plain store of the same thread does not, since C++20.)
void engine::write(location& at, message& made, const message* continues, std::memory_order order, int node) {
  scene_thread& me = thread();
  auto& early = at.early[static_cast<std::size_t>(current_)];
  early = &made == at.newest ? 0 : early + 1;
  made.carries = true;
  if (releases(order)) {
    made.handed.assign(me.current);
  } else if (me.has_released) {
    made.handed.assign(me.released);
  } else if (continues != nullptr && continues->carries) {
    made.handed.assign(continues->handed);
  } else {
    made.carries = false;
  }
  if (continues != nullptr && continues->carries) made.handed.join(continues->handed);
  if (made.carries) made.handed.raise(number_of(at), made.position);
  me.current.raise(number_of(at), made.position);
  if (!sc_used_) return;
  if (sc_.has_fences()) made.sources = sc_.fences_in(me.current.sc());
  if (node < 0) return;
  made.sources.add(node);
  made.targets.add(node);
  me.current.sc().add(node);
}

// ---- operations ----

/// Where the choice of a step begins: everything before that is hidden from this thread.
stamp engine::oldest_in_reach(const location& at) noexcept {
  return options_.sequential ? at.newest->position : now().seen(number_of(at));
}

/// Sequential consistency as a machine has it: each step takes effect at once, and whoever sees it has seen all before.
/// Not entered into S, which could only say the same.
std::memory_order engine::effective(std::memory_order order) const noexcept {
  return options_.sequential ? std::memory_order_acq_rel : order;
}

std::uint64_t engine::load(int id, const void* atomic, std::memory_order asked) {
  const std::memory_order order = effective(asked);
  point(id < 0 ? nullptr : &locations_[static_cast<std::size_t>(id)], effect::reads);
  location& at = access(id, atomic);
  const stamp floor = oldest_in_reach(at);
  candidates from;
  for (message* each = at.newest; each != nullptr && each->position >= floor; each = each->older)
    if (!too_stale(at, *each) && coherent_with_sc(at, *each, order, event::load)) offer(from, each);
  message& chosen = *from.at[static_cast<std::size_t>(choose(from.count))];

  const int node = commit_sc(at, chosen, order, event::load);
  read_from(at, chosen, order);
  note_reader(chosen, node);
  thread().current.tick(current_);
  if (recording_) record(name_of(at) + ".load(" + order_name(asked) + ") = " + choice_text(at, chosen, from));
  return chosen.value;
}

void engine::store(int id, const void* atomic, std::uint64_t value, std::memory_order asked) {
  const std::memory_order order = effective(asked);
  point(id < 0 ? nullptr : &locations_[static_cast<std::size_t>(id)], effect::writes);
  location& at = access(id, atomic);
  const stamp floor = oldest_in_reach(at);
  candidates behind;
  for (message* each = at.newest; each != nullptr && each->position >= floor; each = each->older)
    if (!each->taken && !too_early(at, *each) && coherent_with_sc(at, *each, order, event::store)) offer(behind, each);
  message& place = *behind.at[static_cast<std::size_t>(choose(behind.count))];

  const int node = commit_sc(at, place, order, event::store);
  message& made = append(at, &place, value);
  write(at, made, nullptr, order, node);
  thread().current.tick(current_);
  if (recording_) {
    std::string text = name_of(at) + ".store(" + print_value(value, at.kind) + ", " + order_name(asked) + ")";
    if (made.newer != nullptr) text += " lands before " + print_value(made.newer->value, at.kind);
    record(std::move(text));
  }
}

std::uint64_t engine::modify(int id, const void* atomic, transform change, std::uint64_t operand,
                             std::memory_order asked, const char* verb) {
  const std::memory_order order = effective(asked);
  point(id < 0 ? nullptr : &locations_[static_cast<std::size_t>(id)], effect::writes);
  location& at = access(id, atomic);
  const stamp floor = oldest_in_reach(at);
  candidates from;
  for (message* each = at.newest; each != nullptr && each->position >= floor; each = each->older)
    if (!each->taken && !too_early(at, *each) && coherent_with_sc(at, *each, order, event::modify)) offer(from, each);
  message& chosen = *from.at[static_cast<std::size_t>(choose(from.count))];

  const int node = commit_sc(at, chosen, order, event::modify);
  read_from(at, chosen, order);
  message& made = append(at, &chosen, change(chosen.value, operand));
  chosen.taken = true;
  write(at, made, &chosen, order, node);
  thread().current.tick(current_);
  if (recording_)
    record(name_of(at) + "." + verb + "(" + print_value(operand, at.kind) + ", " + order_name(asked) +
           ") = " + choice_text(at, chosen, from));
  return chosen.value;
}

bool engine::compare_exchange(int id, const void* atomic, std::uint64_t& expected, std::uint64_t desired,
                              std::memory_order success, std::memory_order failure, strength how) {
  point(id < 0 ? nullptr : &locations_[static_cast<std::size_t>(id)], effect::writes);
  location& at = access(id, atomic);
  const stamp floor = oldest_in_reach(at);

  // It succeeds behind any write that holds `expected` and that nobody else has taken; it fails with any other value
  // that a load might read. A write that holds `expected` but is taken can do neither.
  const bool for_no_reason = how == strength::weak && spurious();
  candidates from;
  for (message* each = at.newest; each != nullptr && each->position >= floor; each = each->older) {
    const bool matches = each->value == expected && !for_no_reason;
    const bool possible =
        matches ? !each->taken && !too_early(at, *each) && coherent_with_sc(at, *each, success, event::modify)
                : !too_stale(at, *each) && coherent_with_sc(at, *each, failure, event::load);
    if (possible) offer(from, each);
  }
  message& chosen = *from.at[static_cast<std::size_t>(choose(from.count))];
  const bool succeeds = chosen.value == expected && !for_no_reason;

  std::string text;
  if (recording_)
    text = name_of(at) + ".compare_exchange(" + print_value(expected, at.kind) + " -> " +
           print_value(desired, at.kind) + ", " + order_name(succeeds ? success : failure) + ")" +
           (succeeds ? " done, read " : " failed, read ") + choice_text(at, chosen, from);

  const std::memory_order order = effective(succeeds ? success : failure);
  const int node = commit_sc(at, chosen, order, succeeds ? event::modify : event::load);
  read_from(at, chosen, order);
  if (succeeds) {
    message& made = append(at, &chosen, desired);
    chosen.taken = true;
    write(at, made, &chosen, order, node);
  } else {
    expected = chosen.value;
    note_reader(chosen, node);
  }
  thread().current.tick(current_);
  if (recording_) record(std::move(text));
  return succeeds;
}

void engine::fence(std::memory_order order) {
  point(nullptr, effect::none);
  scene_thread& me = thread();
  if (acquires(order)) me.current.join(me.acquired);
  if (order == std::memory_order_seq_cst) {
    use_sc();
    node_set before = me.current.sc();
    for (int id = 0; id < open_; ++id) {
      const stamp known = me.current.seen(id);
      for (const message* m = locations_[static_cast<std::size_t>(id)].oldest; m != nullptr; m = m->newer) {
        if (m->position > known) break;
        before |= m->sources;
        if (m->position < known) before |= m->reader_sources;
      }
    }
    const int node = sc_.add(before);
    if (node < 0) fail("the execution has more seq_cst operations than max_sc_nodes in limits.hpp");
    sc_.mark_fence(node, me.current);
    me.current.sc().add(node);
  }
  if (releases(order)) {
    me.released.assign(me.current);
    me.has_released = true;
  }
  me.current.tick(current_);
  if (recording_) record(std::string("fence(") + order_name(order) + ")");
}

void engine::refresh() {
  for (int id = 0; id < open_; ++id)
    for (scene_thread& each : threads_)
      each.current.raise(id, locations_[static_cast<std::size_t>(id)].newest->position);
}

}  // namespace magpie::model
