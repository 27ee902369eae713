#include <magpie/coroutine/ending.hpp>
#include <magpie/errors.hpp>
#include <magpie/task.hpp>

#include <stdexcept>

namespace magpie::detail {
namespace {

/// Tells the join point that its child ended cancelled.
void note_cancelled(join_point* join, role kind) noexcept {
  if (kind == role::boundary) {
    static_cast<boundary_join*>(join)->end = ending::cancelled;
    return;
  }
  auto* b = static_cast<gather_block*>(join);
  if (b->own.set_mark(scope::cancelled)) b->own.request_stop();
}

bool is_cancellation(const std::exception_ptr& error) noexcept {
  try {
    std::rethrow_exception(error);
  } catch (const task_cancelled&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

std::coroutine_handle<> end_cancelled(promise_base& p) noexcept {
  verdict v{{}, &p};
  while (v.cancel != nullptr) {
    join_point* join = v.cancel->join;
    if (join->inside->kind() == scope_kind::group_body) {
      auto* body = static_cast<body_scope*>(join->inside);
      if (body->put_off(body, *v.cancel)) return std::noop_coroutine();
    }
    const role kind = v.cancel->kind;
    task_coroutine::from_promise(*v.cancel).destroy();  // the destructors of its locals run here
    if (kind == role::plain) {
      v = {{}, &join->parent.promise()};
      continue;
    }
    note_cancelled(join, kind);
    v = after_end(*current_worker, join, kind);
  }
  return v.resume;
}

void note_failure(join_point* join, role kind) noexcept {
  std::exception_ptr error = std::current_exception();
  if (kind == role::plain) {
    static_cast<plain_join*>(join)->error = std::move(error);
    return;
  }
  // A task_cancelled that escapes a task ends that task as cancelled.
  if (is_cancellation(error)) return note_cancelled(join, kind);
  if (kind == role::boundary) {
    auto* boundary = static_cast<boundary_join*>(join);
    boundary->error = std::move(error);
    boundary->end = ending::error;
    return;
  }
  auto* b = static_cast<gather_block*>(join);
  if (b->own.set_mark(scope::failed)) {  // the first in time; the others are counted
    new (&b->error) std::exception_ptr(std::move(error));
    b->own.request_stop();
  } else {
    current_worker->errors_dropped.add();
  }
}

verdict marked_end(gather_block* b) noexcept {
  // A failure is thrown, and so is task_cancelled if a child ended itself. If it ended because we were asked to stop,
  // the parent ends with it.
  const std::uint8_t marks = b->own.marks();
  if ((marks & scope::linked) != 0) b->own.leave();
  if ((marks & (scope::failed | scope::quiet)) == 0 && (marks & scope::cancelled) != 0 &&
      b->own.parent()->stop_requested()) {
    return {{}, &b->parent.promise()};
  }
  return {b->parent};
}

verdict boundary_end(boundary_join* join) noexcept {
  promise_base& parent = join->parent.promise();
  if (join->end == ending::cancelled && parent.join->inside->stop_requested()) return {{}, &parent};
  return {join->parent};
}

verdict stop_rest(gather_block* b) noexcept {
  if (const task_coroutine kept = b->drop_rest()) {
    if (b->counter.more_to_start() && !fork(*current_worker, b)) kept.promise().kind = role::held;
    return {kept};  // *b may be gone: a thief may hold the entry
  }
  // "The rest never ran" is "the last child has ended": the arithmetic of the join needs no case of its own.
  if (b->counter.last_ended()) return all_joined(b);
  return {std::noop_coroutine()};
}

verdict rare_end(worker_context& w, join_point* join, role kind) noexcept {
  if (kind == role::boundary) {
    auto* boundary = static_cast<boundary_join*>(join);
    return boundary->ended(boundary);
  }
  auto* b = static_cast<gather_block*>(join);
  if (kind == role::held) return start_next(w, b);
  if (b->counter.ended()) return all_joined(b);
  return {std::noop_coroutine()};
}

void throw_used_task() {
  throw usage_error("magpie: this task is empty: it was awaited, spawned or moved away before");
}

void throw_too_many_children() { throw std::length_error("magpie: a gather holds fewer than 2^30 children"); }

}  // namespace magpie::detail
