#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>
#include <magpie/base/intrusive_list.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/stop_state.hpp>
#include <magpie/coroutine/suspended_task.hpp>
#include <magpie/limit.hpp>
#include <magpie/lockfree/spin_lock.hpp>
#include <magpie/services/frame_allocator.hpp>
#include <magpie/spawn/spawned.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>
#include <vector>

namespace magpie {

/// What the failure of a child means for the others.
enum class on_error : std::uint8_t { cancel_rest, keep_running };

namespace detail {

/// One who waits in group.join().
struct group_joiner : suspended_task, list_links<group_joiner> {
  explicit group_joiner(function f) noexcept : suspended_task(f) {}
};

/// What a group's handles share; it ends with the last of them. The scope of the children is above that of the body, so
/// that a stop reaches all, and the body's frame can be kept until the children have ended
/// (docs/protocols/task_group.md).
class MAGPIE_EXPORT group_state final : public spawn_owner, private stop_node {
 public:
  /// The awaiter of with_task_group: what happens when body and children have ended.
  using finish_function = verdict (*)(void* awaiter) noexcept;

  group_state(std::size_t limit, on_error policy, std::string_view name)
      : spawn_owner(name, limit == unlimited.value()), limit_(limit), policy_(policy) {}
  group_state(const group_state&) = delete;
  group_state& operator=(const group_state&) = delete;

  void add_reference() noexcept {
    references_.fetch_add(1, relaxed);  // relaxed: whoever copies holds one
  }
  void drop_reference() noexcept {
    // G1: acquire: the last one sees all uses before it frees; release: our own
    if (references_.fetch_sub(1, acq_rel) == 1) delete this;
  }

  // The awaiter.
  /// `body_end` is told of the end of the body.
  void open(scope& outer, executor& where, const boundary_join& body_end, held_places& places) noexcept;
  /// The body ends cancelled. If nobody has asked it to, the children go with it.
  void body_quits() noexcept;
  /// The body has ended. True: so have the children, and the scope is closed. False: `finish` is called when they have.
  [[nodiscard]] bool body_ended(std::exception_ptr error, finish_function finish, void* awaiter,
                                held_places& places) noexcept;
  /// After that.
  bool has_failed() const noexcept { return !errors_.empty() || unlisted_; }
  /// In time. Errors: std::bad_alloc.
  std::vector<std::exception_ptr> errors() const;
  /// By cancel().
  bool was_cancelled() const noexcept { return !quit_ && (within.marks() & scope::stopped) != 0; }
  /// A stop from outside has ended children.
  bool was_cut_short() const noexcept { return cut_short_; }
  struct body_of : body_scope {
    explicit body_of(group_state* g) noexcept : body_scope(put_body_off), group(g) {}
    group_state* group;
  } body{this};

  // Whoever has a handle.
  executor& home() const noexcept { return *home_; }
  void cancel() noexcept;
  bool cancelled() const noexcept {
    return stopped_.load(acquire);  // acquire: what came before the stop
  }
  std::size_t active() noexcept;
  /// The scope has not ended.
  bool is_open() noexcept;
  /// With a reference for the caller. Errors: std::bad_alloc.
  stop_state* token();
  /// `waits`: `j` will be enqueued when no child is active.
  enum class joining : std::uint8_t { waits, none_is_left, has_ended };
  [[nodiscard]] joining wait_for_children(group_joiner& j, held_places& places) noexcept;

  // The children's doors.
  bool admit(executor& where, held_places* places) noexcept override;
  void start_child(executor& where, runnable& child) noexcept override;
  verdict child_ended(executor& where, ending how, std::exception_ptr error, held_places& places) noexcept override;
  verdict give_back(executor& where, held_places& places) noexcept override;

  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { free_frame(memory, bytes); }

 private:
  ~group_state() = default;

  static bool put_body_off(body_scope* b, promise_base& stopped) noexcept;
  bool is_limited() const noexcept { return limit_ != unlimited.value(); }
  /// How many places a worker takes at a time if it runs what is inside.
  static constexpr std::size_t places_at_once = 16;
  /// What the last one leaves to be done when the lock is let go.
  struct last_steps {
    intrusive_list<group_joiner> joined;
    promise_base* body_to_stop = nullptr;
    finish_function finish = nullptr;
    void* awaiter = nullptr;
  };
  /// With the lock.
  void count_off(std::size_t ended, last_steps& last) noexcept;
  /// Without it. *this may be gone afterwards.
  verdict take(last_steps& last, executor& where) noexcept;
  /// As many run as may: `child` starts when one of them has ended.
  bool must_wait(runnable& child) noexcept;
  void note(std::exception_ptr error) noexcept;
  /// Stops what is inside. It counts as cancelled when this returns, though another request may still be at work on it.
  void stop_all() noexcept;

  void about_to_fire() noexcept override { add_reference(); }
  void stop_fired() noexcept override {
    stopped_.store(true, release);  // release: pairs with cancelled()
    drop_reference();
  }

  atomics::atomic<std::uint32_t> references_{1};
  atomics::atomic<bool> stopped_{false};
  executor* home_ = nullptr;
  const std::size_t limit_;
  const on_error policy_;
  const boundary_join* body_end_ = nullptr;
  bool quit_ = false;  // the body ended itself; its own

  spin_lock<> lock_;  // G2: guards what follows
  atomics::plain<bool> body_runs_{true};
  atomics::plain<bool> cut_short_{false};
  atomics::plain<std::size_t> children_{0};  // admitted and not ended, and held places; with the body: open
  atomics::plain<std::size_t> running_{0};   // of these, started; counted where there is a limit
  atomics::plain<runnable*> first_waiting_{nullptr};
  atomics::plain<runnable*> last_waiting_{nullptr};
  intrusive_list<group_joiner> joiners_;
  atomics::plain<promise_base*> put_off_{nullptr};
  atomics::plain<finish_function> finish_{nullptr};
  atomics::plain<void*> awaiter_{nullptr};
  std::vector<std::exception_ptr> errors_;
  std::exception_ptr unlisted_;  // the first for which the list had no memory, and where it belongs
  std::size_t place_of_unlisted_ = 0;
};

}  // namespace detail
}  // namespace magpie
