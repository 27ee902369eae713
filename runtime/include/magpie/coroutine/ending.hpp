#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/gather_block.hpp>
#include <magpie/coroutine/join_point.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/coroutine/transfer.hpp>

#include <coroutine>

/// The end of a task: what its join point makes of it, and who runs next (docs/protocols/gather_block.md).
namespace magpie::detail {

/// The scope of a body whose locals others may still refer to: when it must stop, it is told so here first.
struct body_scope : scope {
  using function = bool (*)(body_scope*, promise_base& stopped) noexcept;
  explicit body_scope(function f) noexcept : scope(nullptr, scope_kind::group_body), put_off(f) {}
  /// True: `stopped` stays as it is, and end_cancelled() will be called for it later.
  function put_off;
};

/// Ends a suspended task as cancelled: destroys its frame, notes the end, and goes on upwards as far as others must end
/// with it. A loop, so depth costs no stack. Returns what to resume.
[[nodiscard]] MAGPIE_EXPORT std::coroutine_handle<> end_cancelled(promise_base& p) noexcept;

/// A task, or what a combinator returned, was used before.
[[noreturn]] MAGPIE_EXPORT void throw_used_task();

/// The current exception leaves a task: puts it where the one who waits will find it.
MAGPIE_EXPORT void note_failure(join_point* join, role kind) noexcept;

/// All children of `b` have ended, and `b` is marked as failed, cancelled or stopped.
[[nodiscard]] MAGPIE_EXPORT verdict marked_end(gather_block* b) noexcept;

/// The child of a boundary has ended: the one who waits goes on; or ends too, if the child was cancelled because it
/// was.
[[nodiscard]] MAGPIE_EXPORT verdict boundary_end(boundary_join* join) noexcept;

/// The holder of the entry starts no more children of `b`: it drops them, and counts as the last. One that starts
/// anyway goes first, and its end comes back here.
[[nodiscard]] MAGPIE_EXPORT verdict stop_rest(gather_block* b) noexcept;

/// Where the entry of a block came from: another worker's deque, or the own one's part below the floor.
enum class entry_from : std::uint8_t { another, below };

/// As start_stolen(), for ranges.
[[nodiscard]] MAGPIE_EXPORT std::coroutine_handle<> start_stolen_range(worker_context& w, range_block* b,
                                                                       entry_from where) noexcept;

/// A child ended and found the entry gone; a child without an entry to find; one of a range; a boundary.
[[nodiscard]] MAGPIE_EXPORT verdict rare_end(worker_context& w, join_point* join, role kind) noexcept;

[[nodiscard]] MAGPIE_INLINE std::coroutine_handle<> settle(verdict v) noexcept {
  if (v.cancel != nullptr) [[unlikely]]
    return end_cancelled(*v.cancel);
  return v.resume;
}

[[nodiscard]] MAGPIE_INLINE verdict all_joined(gather_block* b) noexcept {
  if (b->inside->marks() != 0) [[unlikely]]
    return marked_end(b);
  return {b->parent};
}

/// The holder of the entry starts the next child of `b`, which is of several.
[[nodiscard]] MAGPIE_INLINE verdict start_next(worker_context& w, gather_block* b) noexcept {
  if (stop_requested(w, b->inside)) [[unlikely]]
    return stop_rest(b);
  const task_coroutine child = b->children[b->counter.start_next()];
  if (b->counter.more_to_start() && !fork(w, b)) [[unlikely]]
    child.promise().kind = role::held;
  return {child};  // *b may be gone: a thief may hold the entry
}

/// The entry of `b` was stolen, or taken by its own worker from below the floor.
[[nodiscard]] inline std::coroutine_handle<> start_stolen(worker_context& w, gather_block* b,
                                                          entry_from where) noexcept {
  if (b->shape == gather_shape::range) return start_stolen_range(w, static_cast<range_block*>(b), where);
  w.forks.raise_floor();              // what stands in the deque belongs to what we have put aside (F6)
  w.quiet_epoch = b->inside->seen();  // X2: true for the block's scope, or unknown
  w.level = b->level;
  b->counter.note_steal();
  return settle(start_next(w, b));
}

/// `r` came out of a queue.
[[nodiscard]] inline std::coroutine_handle<> start_queued(worker_context& w, runnable* r) noexcept {
  w.forks.raise_floor();                // F6
  w.quiet_epoch = scope::never_looked;  // X2: we come from elsewhere
  w.level = r->level;
  w.checkpoints_left = worker_context::checkpoints_in_a_row;
  return r->run(r);
}

/// The task, whose frame is gone already, was `kind` to `join`.
[[nodiscard]] MAGPIE_INLINE verdict after_end(worker_context& w, join_point* join, role kind) noexcept {
  if (kind == role::plain) return {join->parent};
  auto* b = static_cast<gather_block*>(join);
  if (kind == role::last) {
    if (b->counter.last_ended()) [[likely]]
      return all_joined(b);
    return {std::noop_coroutine()};
  }
  if (kind == role::member) [[likely]] {
    MAGPIE_ASSERT(w.forks.at_floor() || w.forks.newest() == b || w.forks.looks_empty(),
                  "J4: above the floor stands our own entry or none");
    if (w.forks.pop()) [[likely]]
      return start_next(w, b);
  }
  return rare_end(w, join, kind);
}

}  // namespace magpie::detail
