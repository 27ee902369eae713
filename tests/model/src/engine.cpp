#include <magpie/model/engine.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

// Runs executions: prepares the stacks, constructs the scene, lets the threads run, checks what is left, and when one
// fails runs it again to write its table.
namespace magpie::model {

engine& engine::get() {
  static engine only;
  return only;
}

engine::engine() : locations_(new location[max_locations]), messages_(new message[max_messages]) {}

namespace {

options narrowed_by_environment(options wanted) {
  if (const char* text = std::getenv("MAGPIE_MODEL_PREEMPTIONS")) {
    const int most = std::atoi(text);
    if (wanted.preemptions == unbounded || wanted.preemptions > most) wanted.preemptions = most;
  }
  if (const char* text = std::getenv("MAGPIE_MODEL_SEQUENTIAL")) wanted.sequential = *text == '1';
  return wanted;
}

}  // namespace

result engine::explore(const options& wanted, const scene_calls& scene) {
  result found;
  options_ = narrowed_by_environment(wanted);
  scene_ = scene;
  trail_.clear();
  narrowed_ = false;
  longest_ = 1;
  scripted_ = !wanted.replay.empty();
  const bool dice = wanted.mode == options::strategy::random;
  const auto start = std::chrono::steady_clock::now();

  if (scripted_) {
    run_again_recording(found);
    found.executions = 1;
  } else {
    do {
      if (dice) {
        trail_.clear();
        random_state_ = wanted.seed + found.executions * 0x2545f4914f6cdd1du;
      }
      run_once();
      ++found.executions;
      found.pruned += redundant_ ? 1 : 0;
      found.steps += steps_;
      longest_ = std::max(longest_, steps_);
      if (!why_.empty()) {
        run_again_recording(found);
        break;
      }
      if (!dice && !trail_.advance()) {
        found.complete = !narrowed_;
        break;
      }
    } while (found.executions < wanted.max_executions);
  }
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return found;
}

void engine::run_again_recording(result& found) {
  const std::string first = why_;
  trail_.rewind();
  script_at_ = 0;
  recording_ = true;
  decisions_.clear();
  table_.clear();
  untracked_.clear();
  run_once();
  recording_ = false;
  found.failed = !scripted_ || !why_.empty();
  found.why = why_;
  if (!scripted_ && why_ != first) found.why = first + "; but run again: " + (why_.empty() ? not_deterministic : why_);
  found.table = table_.print();
  found.replay = decisions_;
}

void engine::run_once() {
  why_.clear();
  steps_ = 0;
  open_ = 0;
  messages_used_ = 0;
  sc_used_ = false;
  sc_.clear();
  heap_.clear();
  for (scene_thread& each : threads_) {
    each.now = scene_thread::state::ended;
    each.next = {};
    each.held = false;
    each.pauses = 0;
    each.spurious_left = options_.spurious;
    each.current.clear();
    each.acquired.clear();
    each.has_released = false;
  }
  start_schedule();
  current_ = main_thread;
  in_threads_ = false;
  running_ = true;
  thread().current.tick(main_thread);
  thread().stack.prepare(&main_entry);
  fiber::jump(host_, thread().stack);
  running_ = false;
}

void engine::main_entry() {
  fiber::entered();
  engine& self = get();
  try {
    self.run_main();
  } catch (const std::exception& thrown) {
    self.fail(std::string("an exception left the scene: ") + thrown.what());
  } catch (...) {
    self.fail("an exception left the scene");
  }
  self.leave_execution();
}

void engine::run_main() {
  alignas(64) static std::byte storage[scene_bytes];  // one scene at a time; static, so that its addresses repeat
  if (scene_.size > scene_bytes || scene_.alignment > 64) fail("the scene is larger than scene_bytes in limits.hpp");
  scene_at_ = storage;
  scene_.construct(scene_at_);
  run_threads();
  scene_.after(scene_at_);
  scene_.destroy(scene_at_);
  if (trail_.repeating() && !scripted_) fail(not_deterministic);
  if (const void* left = heap_.leaked()) fail("leak: " + heap_.describe(left) + " was never destroyed");
}

void engine::run_threads() {
  view& main_view = thread().current;
  main_view.tick(main_thread);
  for (int i = 0; i < scene_.threads; ++i) {
    scene_thread& each = threads_[static_cast<std::size_t>(i)];
    each.now = scene_thread::state::ready;
    each.current.assign(main_view);
    each.current.tick(i);
    each.stack.prepare(&thread_entry);
  }
  in_threads_ = true;
  const int first = pick();
  if (first != main_thread) switch_to(first);
  in_threads_ = false;
  for (int i = 0; i < scene_.threads; ++i) main_view.join(threads_[static_cast<std::size_t>(i)].current);
}

void engine::thread_entry() {
  fiber::entered();
  engine& self = get();
  try {
    self.scene_.thread(self.scene_at_, self.current_);
  } catch (const std::exception& thrown) {
    self.fail(std::string("an exception left the thread: ") + thrown.what());
  } catch (...) {
    self.fail("an exception left the thread");
  }
  self.thread_ended();
}

void engine::fail(std::string why) {
  if (!running_) {
    std::fprintf(stderr, "magpie::model: outside of an exploration: %s\n", why.c_str());
    std::abort();
  }
  if (recording_) record("!! " + why);
  why_ = std::move(why);
  leave_execution();
}

void engine::leave_execution() {
  fiber::jump(thread().stack, host_, fiber::leave::abandon);
  __builtin_unreachable();
}

// ---- the tracked heap ----

void* engine::allocate(std::size_t bytes, std::size_t alignment, const char* what) {
  if (!running_) fail("a tracked object is made");
  void* made = heap_.allocate(bytes, alignment, what);
  if (made == nullptr) fail("the scene allocates more than heap_bytes in limits.hpp");
  if (recording_) record("makes " + heap_.describe(made));
  return made;
}

void engine::release(const void* address) {
  if (recording_) record("destroys " + describe(address));
  switch (heap_.release(address)) {
    case tracked_heap::freed::now:
      return;
    case tracked_heap::freed::already:
      fail("double free of " + heap_.describe(address));
    case tracked_heap::freed::never_made:
      fail("free of something that make() did not return");
  }
}

// ---- names ----

const char* order_name(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_relaxed:
      return "relaxed";
    case std::memory_order_consume:
      return "consume";
    case std::memory_order_acquire:
      return "acquire";
    case std::memory_order_release:
      return "release";
    case std::memory_order_acq_rel:
      return "acq_rel";
    case std::memory_order_seq_cst:
      return "seq_cst";
  }
  return "?";
}

std::string engine::describe(const void* address) const {
  if (std::string text = name_of_tracked(address); !text.empty()) return text;
  char text[32];
  std::snprintf(text, sizeof text, "%p", address);
  return text;
}

/// Empty if the model knows nothing of it.
std::string engine::name_of_tracked(const void* address) const {
  if (std::string text = heap_.describe(address); !text.empty()) return text;
  const auto* at = static_cast<const std::byte*>(address);
  const auto* scene = static_cast<const std::byte*>(scene_at_);
  if (at >= scene && at < scene + scene_.size) return "scene+" + std::to_string(at - scene);
  return {};
}

/// What a pointer is shown as. Objects of the ordinary heap are numbered as they come: their addresses differ from run
/// to run, and a table must not.
std::string engine::print_pointer(const void* value) {
  if (value == nullptr) return "null";
  if (std::string text = name_of_tracked(value); !text.empty()) return text;
  auto known = std::find(untracked_.begin(), untracked_.end(), value);
  if (known == untracked_.end()) known = untracked_.insert(known, value);
  return "untracked#" + std::to_string(known - untracked_.begin() + 1);
}

std::string engine::name_of(const location& at) const { return at.name != nullptr ? at.name : describe(at.address); }

std::string engine::print_value(std::uint64_t value, value_kind kind) {
  switch (kind) {
    case value_kind::signed_number:
      return std::to_string(static_cast<std::int64_t>(value));
    case value_kind::unsigned_number:
      return std::to_string(value);
    case value_kind::boolean:
      return value != 0 ? "true" : "false";
    case value_kind::pointer:
      return print_pointer(reinterpret_cast<const void*>(value));
  }
  return {};
}

/// What a load read and, if that was a choice, everything it could have read, newest first.
std::string engine::choice_text(const location& at, const message& chosen, const candidates& from) {
  std::string text = print_value(chosen.value, at.kind);
  if (from.count == 1) return text;
  text += " of {";
  for (int i = 0; i < from.count; ++i)
    text += (i == 0 ? "" : ", ") + print_value(from.at[static_cast<std::size_t>(i)]->value, at.kind);
  return text + "}";
}

std::string result::report() const {
  if (failed)
    return why + "\n" + table + "replay: " + replay + "\n(after " + std::to_string(executions) + " executions)\n";
  char text[160];
  std::snprintf(text, sizeof text, "%s: %llu executions (%llu pruned), %llu steps, %.2f s, %.0f executions/s",
                complete ? "complete" : "not complete", static_cast<unsigned long long>(executions),
                static_cast<unsigned long long>(pruned), static_cast<unsigned long long>(steps), seconds,
                static_cast<double>(executions) / (seconds > 0 ? seconds : 1e-9));
  return text;
}

}  // namespace magpie::model
