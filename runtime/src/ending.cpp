#include <magpie/coroutine/ending.hpp>
#include <magpie/errors.hpp>
#include <magpie/task.hpp>

#include <new>
#include <stdexcept>
#include <utility>

namespace magpie::detail {
namespace {

/// Tells the join point that its child ended cancelled.
void note_cancelled(join_point* join, role kind) noexcept {
  if (kind == role::boundary) {
    static_cast<boundary_join*>(join)->end = ending::cancelled;
    return;
  }
  if (join->inside->set_mark(scope::cancelled)) join->inside->request_stop();
}

/// Where the first failure of a gather is kept.
std::exception_ptr* error_of(gather_block* b) noexcept {
  if (b->shape == gather_shape::range) return static_cast<range_block*>(b)->error_place;
  return &static_cast<gather_root<several_block>*>(b)->error;
}

/// All children of `b` have ended, and so perhaps those of what it is a part of.
verdict range_joined(range_block* b) noexcept {
  while (range_block* const whole = b->part_of) {
    delete b;
    if (!whole->counter.ended()) return {std::noop_coroutine()};  // J3: *whole may be gone
    b = whole;
  }
  return all_joined(b);
}

verdict joined(gather_block* b) noexcept {
  if (b->shape == gather_shape::range) return range_joined(static_cast<range_block*>(b));
  return all_joined(b);
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
  if (join->inside->set_mark(scope::failed)) {  // the first in time; the others are counted
    new (error_of(static_cast<gather_block*>(join))) std::exception_ptr(std::move(error));
    join->inside->request_stop();
  } else {
    current_worker->errors_dropped.add();
  }
}

verdict marked_end(gather_block* b) noexcept {
  // A failure is thrown, and so is task_cancelled if a child ended itself. If it ended because we were asked to stop,
  // the parent ends with it.
  scope& own = *b->inside;
  const std::uint8_t marks = own.marks();
  if ((marks & scope::linked) != 0) own.leave();
  if ((marks & (scope::failed | scope::quiet)) == 0 && (marks & scope::cancelled) != 0 &&
      own.parent()->stop_requested()) {
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
  while (b->counter.more_to_start()) {
    task_coroutine child;
    if (b->shape == gather_shape::range) {
      child = static_cast<range_block*>(b)->take_next();
    } else {
      child = std::exchange(b->children[b->counter.start_next()], {});
    }
    if (child.promise().starts_anyway()) {
      if (b->counter.more_to_start() && !fork(*current_worker, b)) child.promise().kind = role::held;
      return {child};  // *b may be gone: a thief may hold the entry
    }
    b->inside->set_mark(scope::cancelled);
    child.destroy();
  }
  // "The rest never ran" is "the last child has ended": the arithmetic of the join needs no case of its own.
  if (b->counter.last_ended()) return joined(b);
  return {std::noop_coroutine()};
}

// Ranges --------------------------------------------------------------------------------------------------------------

range_block::range_block(range_block& whole, std::uint32_t first, std::uint32_t count) noexcept : range_block(count) {
  inside = whole.inside;
  children = whole.children + first;
  level = whole.level;
  results = whole.results + first * whole.stride;
  stride = whole.stride;
  error_place = whole.error_place;
  part_of = &whole;
}

task_coroutine range_block::take_next() noexcept {
  const std::uint32_t i = counter.start_next();
  const task_coroutine child = std::exchange(children[i], {});  // started: the destructors look at the first
  promise_base& p = child.promise();
  p.join = this;
  p.result = results + i * stride;
  p.kind = counter.more_to_start() ? role::range_member : role::range_last;
  return child;
}

namespace {

/// As start_next().
MAGPIE_INLINE verdict start_next_of_range(worker_context& w, range_block* b) noexcept {
  if (stop_requested(w, b->inside)) [[unlikely]]
    return stop_rest(b);
  const task_coroutine child = b->take_next();
  if (b->counter.more_to_start() && !fork(w, b)) [[unlikely]]
    child.promise().kind = role::held;
  return {child};  // *b may be gone: a thief may hold the entry
}

/// The holder's: makes a part of the upper half of what was not started, and hands on the entry of `b` with the rest.
/// Null, and nothing happened, if there are too few, or for want of memory.
range_block* split(worker_context& w, range_block* b) noexcept {
  const std::uint32_t left = b->counter.left();
  if (left < 2 || !w.forks.has_room()) return nullptr;
  const std::uint32_t upper = (left + 1) / 2;
  const std::uint32_t first = b->counter.children() - upper;
  range_block* part = nullptr;
  try {
    part = new range_block(*b, first, upper);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
  b->counter.give_up(upper);
  static_cast<void>(fork(w, b));  // there is room. *b is ours no more, but it outlives its part
  return part;
}

}  // namespace

std::coroutine_handle<> start_stolen_range(worker_context& w, range_block* b, entry_from where) noexcept {
  w.quiet_epoch = b->inside->seen();  // X2: true for the block's scope, or unknown
  w.level = b->level;
  b->counter.note_steal();
  if (where == entry_from::another) {
    if (range_block* const part = split(w, b)) b = part;
  }
  w.forks.raise_floor();  // F6, and J8: the entry that split() has pushed is not the part's
  return settle(start_next_of_range(w, b));
}

verdict rare_end(worker_context& w, join_point* join, role kind) noexcept {
  if (kind == role::range_member && w.forks.pop()) [[likely]]
    return start_next_of_range(w, static_cast<range_block*>(join));
  if (kind == role::boundary) {
    auto* boundary = static_cast<boundary_join*>(join);
    return boundary->ended(boundary);
  }
  auto* b = static_cast<gather_block*>(join);
  if (kind == role::range_last) {
    if (b->counter.last_ended()) return range_joined(static_cast<range_block*>(b));
    return {std::noop_coroutine()};
  }
  if (kind == role::held) {
    if (b->shape == gather_shape::range) return start_next_of_range(w, static_cast<range_block*>(b));
    return start_next(w, b);
  }
  if (b->counter.ended()) return joined(b);
  return {std::noop_coroutine()};
}

void throw_used_task() {
  throw usage_error("magpie: this task is empty: it was awaited, spawned or moved away before");
}

void throw_too_many_children() { throw std::length_error("magpie: a gather holds fewer than 2^30 children"); }

}  // namespace magpie::detail
