#pragma once

#include <magpie/model/fiber.hpp>
#include <magpie/model/history.hpp>
#include <magpie/model/limits.hpp>
#include <magpie/model/options.hpp>
#include <magpie/model/sc_order.hpp>
#include <magpie/model/step_table.hpp>
#include <magpie/model/tracked_heap.hpp>
#include <magpie/model/trail.hpp>
#include <magpie/model/view.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace magpie::model {

/// What a thread's next step touches. Two steps on different objects, or two that only read, can change places without
/// changing the execution.
struct operation {
  enum class effect : std::uint8_t { none, reads, writes, everything };
  const void* object = nullptr;
  effect does = effect::none;

  bool independent_of(const operation& other) const noexcept {
    if (does == effect::everything || other.does == effect::everything) return false;
    if (does == effect::none || other.does == effect::none || object != other.object) return true;
    return does == effect::reads && other.does == effect::reads;
  }
};

/// A thread of the scene.
struct scene_thread {
  enum class state : std::uint8_t { ready, locked_out, asleep, asleep_with_timeout, ended };

  fiber stack{stack_bytes};
  state now = state::ended;
  operation next;                   // the step it will take when it is resumed
  const void* waits_for = nullptr;  // a mutex, or a futex word's location
  bool timed_out = false;

  // Fairness: a thread that has paused is held back until others have moved.
  bool held = false;
  std::uint8_t held_for = 0;  // by bits: the threads that have not moved since
  int pauses = 0;             // since the last time that all others had moved

  std::uint32_t spurious_left = 0;
  int priority = 0;  // PCT

  view current;   // happens-before now
  view acquired;  // what an acquire fence would add: handed over by writes that were loaded relaxed
  view released;  // `current` at the last release fence: what relaxed stores hand over
  bool has_released = false;
};

/// The scene, without its type.
struct scene_calls {
  int threads;
  std::size_t size;
  std::size_t alignment;
  void (*construct)(void* at);
  void (*thread)(void* scene, int index);
  void (*after)(void* scene);
  void (*destroy)(void* scene);
};

/// Runs a scene once for each execution that the options ask for. One per process: the atomics of the model reach it
/// from inside the code that is checked. Its parts are told apart by file: engine.cpp runs executions, scheduler.cpp
/// decides who goes on, memory.cpp and memory_sc.cpp decide what loads read, blocking.cpp puts threads to sleep.
class engine {
 public:
  static engine& get();

  result explore(const options& wanted, const scene_calls& scene);

  // ---- what goes wrong ----
  /// Ends the execution, and with it the exploration. The threads' stacks are abandoned.
  [[noreturn]] void fail(std::string why);
  bool running() const noexcept { return running_; }

  // ---- scheduler.cpp ----
  int self() const noexcept { return current_; }
  scene_thread& thread() noexcept { return threads_[static_cast<std::size_t>(current_)]; }
  const view& now() noexcept { return thread().current; }
  /// Before a step that others can see: here the schedule branches.
  void point(const void* object, operation::effect does);
  void pause();
  /// Suspends this thread until somebody makes it ready (or, with a time-out, until it is scheduled all the same).
  void block(scene_thread::state how, const void* waits_for);
  /// One of 0 .. count - 1, all explored.
  int choose(int count);
  bool spurious();

  // ---- memory.cpp ----
  int open(const void* atomic, std::uint64_t value, value_kind kind);
  void close(int id, const void* atomic);
  void name(int id, const void* atomic, const char* text) { access(id, atomic).name = text; }
  std::uint64_t load(int id, const void* atomic, std::memory_order order);
  void store(int id, const void* atomic, std::uint64_t value, std::memory_order order);
  using transform = std::uint64_t (*)(std::uint64_t old, std::uint64_t operand);
  std::uint64_t modify(int id, const void* atomic, transform change, std::uint64_t operand, std::memory_order order,
                       const char* verb);
  enum class strength : std::uint8_t { weak, strong };
  bool compare_exchange(int id, const void* atomic, std::uint64_t& expected, std::uint64_t desired,
                        std::memory_order success, std::memory_order failure, strength how);
  void fence(std::memory_order order);
  /// Every write made so far becomes visible to all threads, without happening before them.
  void refresh();

  // ---- blocking.cpp ----
  enum class wait_end : std::uint8_t { changed, woken, timed_out, spurious };
  enum class patience : std::uint8_t { endless, timed };
  wait_end futex_wait(int id, const void* atomic, std::uint64_t expected, patience how);
  int futex_wake(int id, const void* atomic, int count);
  int futex_wake_at(const void* atomic, int count);
  void unlock_waiters(const void* mutex);

  // ---- engine.cpp: the tracked heap ----
  void* allocate(std::size_t bytes, std::size_t alignment, const char* what);
  /// Before the destructor runs; fails on a double free.
  void release(const void* address);
  bool is_freed(const void* address) const noexcept { return heap_.is_freed(address); }

  // ---- the table of a failing execution ----
  bool recording() const noexcept { return recording_; }
  void record(std::string text) { table_.add(current_, std::move(text)); }
  std::string describe(const void* address) const;
  std::string print_value(std::uint64_t value, value_kind kind);

 private:
  engine();

  // engine.cpp
  static void main_entry();
  static void thread_entry();
  void run_main();
  void run_threads();
  void run_once();
  void run_again_recording(result& found);
  [[noreturn]] void leave_execution();

  // scheduler.cpp
  void start_schedule();
  int pick();
  int decide(const std::array<int, max_threads>& enabled, int count);
  bool enabled(int thread) const noexcept;
  void hold();
  void moved();
  void switch_to(int next);
  void thread_ended();
  [[noreturn]] void report_deadlock();
  int highest_priority(const std::array<int, max_threads>& enabled, int count);
  std::uint64_t random() noexcept;

  int wake_sleepers(location& at, int count);

  // memory.cpp
  location& access(int id, const void* atomic);
  int number_of(const location& at) const noexcept { return static_cast<int>(&at - locations_.get()); }
  message& append(location& at, message* after, std::uint64_t value);
  struct candidates {
    std::array<message*, max_candidates> at;
    int count = 0;
  };
  enum class event : std::uint8_t { load, store, modify };
  stamp oldest_in_reach(const location& at) noexcept;
  std::memory_order effective(std::memory_order order) const noexcept;
  void offer(candidates& to, message* each);
  bool too_stale(const location& at, const message& each) const noexcept;
  bool too_early(const location& at, const message& each) const noexcept;
  bool coherent_with_sc(location& at, message& each, std::memory_order order, event kind);
  node_set sc_before(const location& at, const message& each, event kind);
  node_set sc_after(const location& at, const message& each);
  void use_sc();
  int commit_sc(location& at, message& each, std::memory_order order, event kind);
  void note_reader(message& from, int node);
  void read_from(location& at, message& from, std::memory_order order);
  void write(location& at, message& made, const message* continues, std::memory_order order, int node);
  std::string name_of(const location& at) const;
  std::string name_of_tracked(const void* address) const;
  std::string print_pointer(const void* value);
  std::string choice_text(const location& at, const message& chosen, const candidates& from);

  options options_;
  scene_calls scene_{};
  void* scene_at_ = nullptr;

  // one execution
  bool running_ = false;
  bool in_threads_ = false;
  int current_ = main_thread;
  int preemptions_ = 0;
  std::uint32_t steps_ = 0;
  std::uint8_t asleep_set_ = 0;  // reduction: threads whose next step has been explored from here already
  bool redundant_ = false;       // reduction: this execution only reorders another; finish it without branching
  std::string why_;
  trail trail_;
  sc_order sc_;
  tracked_heap heap_;
  int open_ = 0;
  int messages_used_ = 0;
  bool sc_used_ = false;
  bool narrowed_ = false;  // some load had more writes to choose from than max_candidates

  std::array<scene_thread, thread_slots> threads_;
  fiber host_;
  std::unique_ptr<location[]> locations_;
  std::unique_ptr<message[]> messages_;

  // random mode
  std::uint64_t random_state_ = 0;
  std::array<std::uint32_t, 16> change_at_{};
  std::uint32_t longest_ = 1;

  // replay
  bool recording_ = false;
  step_table table_;
  std::vector<const void*> untracked_;  // what the table shows by number
  std::string decisions_;               // of this execution, as a replay string
  bool scripted_ = false;               // follow options_.replay
  std::size_t script_at_ = 0;
};

inline constexpr const char* not_deterministic =
    "the scene is not deterministic: it behaved differently when it was run again";

const char* order_name(std::memory_order order) noexcept;

inline bool acquires(std::memory_order order) noexcept {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst || order == std::memory_order_consume;
}
inline bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

}  // namespace magpie::model
