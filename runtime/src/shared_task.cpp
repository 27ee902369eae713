#include <magpie/coroutine/blocked_thread.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/errors.hpp>
#include <magpie/spawn/shared_task.hpp>

#include <exception>

namespace magpie::detail {

counted_ptr<shared_task> shared_task::of(spawned_base& task) {
  counted_ptr<shared_task> shared(new shared_task(task));
  shared->add_reference();  // for the arrival
  switch (task.own.done.attach(shared.get())) {
    case source_word<arrival>::attached::yes:
      break;
    case source_word<arrival>::attached::fired_already:
      on_end(shared.get());
      break;
    case source_word<arrival>::attached::somebody_waits:
      shared->drop_reference();
      std::rethrow_exception(second_waiter());
  }
  shared->owns_ = true;
  return shared;
}

shared_task::~shared_task() {
  if (!owns_) return;
  if (heard_.load(relaxed)) {  // relaxed: whoever set it has dropped a reference since
    task_.free();
  } else {
    task_.abandon();  // it has ended: reports an error that nobody has heard
  }
}

void shared_task::on_end(arrival* a) noexcept {
  auto* self = static_cast<shared_task*>(a);
  self->all_told.fire();
  self->drop_reference();  // *self may be gone
}

void shared_task::rethrow() {
  heard_.store(true, relaxed);  // relaxed: read after the last reference was dropped
  if (task_.end == ending::cancelled) throw task_cancelled();
  std::rethrow_exception(task_.error);
}

bool shared_task::block_until(std::int64_t deadline) {
  if (ended()) return true;
  if (current_worker != nullptr) throw_on_worker("get() or wait() of a shared_handle that is not ready");
  task_.refuse_in_fork();
  if (task_.is_driven()) return task_.drive_until(deadline);
  blocked_thread<happening::waiter> me;
  if (!all_told.attach(me)) return true;
  me.wait(deadline);
  if (!me.arrived() && all_told.detach(me)) return false;
  me.wait(no_deadline);  // if it is still on the way
  return true;
}

}  // namespace magpie::detail
