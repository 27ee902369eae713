#include <magpie/coroutine/blocked_thread.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/errors.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/services/process_bound.hpp>
#include <magpie/spawn/self_wait.hpp>

namespace magpie::detail {
namespace {

/// A task whose waiter takes part.
class awaited_task final : public errand {
 public:
  awaited_task(runnable& first, const spawned_scope& s) noexcept : errand(first, s), done_(s.done) {}
  bool is_over() const noexcept override { return done_.has_fired(); }

 private:
  const source_word<arrival>& done_;
};

}  // namespace

void spawned_base::prepare(scope& above, task_coroutine c, void* result) noexcept {
  parent = c;
  inside = &own;
  own.place(&above, above.seen());
  promise_base& p = c.promise();
  p.join = this;
  p.result = result;
  p.kind = role::boundary;
}

bool spawned_base::start_alone(task_coroutine c, void* result) noexcept {
  prepare(home_.root_scope(), c, result);
  return home_.start(*this);
}

bool spawned_base::start_here(task_coroutine c, void* result) noexcept {
  prepare(home_.root_scope(), c, result);
  awaited_task errand(*this, own);  // the handle, which keeps *this, is not made yet
  return home_.run_here(errand);
}

bool spawned_base::start_within(spawn_owner& owner, task_coroutine c, void* result) noexcept {
  owner_ = &owner;
  alone_ = false;
  prepare(owner.within, c, result);
  if (!owner.admit(home_, current_worker != nullptr ? &current_worker->places : nullptr)) return false;
  owner.start_child(home_, *this);
  return true;
}

bool spawned_base::cancel() noexcept {
  if (own.done.has_fired() || process_bound::is_inherited(&home_)) return false;
  own.request_stop();
  return true;
}

std::coroutine_handle<> spawned_base::first_step(runnable* r) noexcept {
  auto* self = static_cast<spawned_base*>(r);
  worker_context& w = *current_worker;
  w.quiet_epoch = self->own.seen();  // X2
  if (stop_requested(w, &self->own) && !self->parent.promise().starts_anyway()) {
    return end_cancelled(self->parent.promise());
  }
  return self->parent;
}

verdict spawned_base::on_end(boundary_join* join) noexcept {
  auto* self = static_cast<spawned_base*>(join);
  executor& home = self->home_;
  worker_context& w = *current_worker;
  spawn_owner* const owner = self->owner();
  if ((self->own.marks() & scope::linked) != 0) self->own.leave();
  const ending how = self->end;
  std::exception_ptr error = owner != nullptr ? self->error : nullptr;
  if (home.is_draining()) [[unlikely]]
    home.ends(how, self->name());
  arrival* waiter = nullptr;
  bool heeded = true;
  w.successor.open();
  switch (self->own.done.fire(waiter)) {  // *self may be gone, unless it was abandoned
    case source_word<arrival>::fired::unheard:
      break;
    case source_word<arrival>::fired::waiter:
      waiter->arrive(waiter);
      break;
    case source_word<arrival>::fired::abandoned:
      heeded = false;
      self->report_error();
      self->free();
      break;
  }
  runnable* const successor = w.successor.close();
  home.ended();
  if (owner != nullptr) {
    if (!heeded && how == ending::value && owner->lends_places && w.places.keep_one(*owner)) {
      return {std::noop_coroutine()};  // G3: and the worker looks for a sibling
    }
    const verdict next = owner->child_ended(home, how, std::move(error), w.places);
    if (next.cancel != nullptr || next.resume) {
      if (successor != nullptr) home.enqueue(*successor, placement::next);
      return next;
    }
  }
  if (successor != nullptr) return {start_queued(w, successor)};
  return {std::noop_coroutine()};
}

void spawned_base::abandon() noexcept {
  if (!own.done.abandon()) return;  // *this may be gone
  // It has ended, and nobody took the result.
  report_error();
  free();
}

void spawned_base::report_error() noexcept {
  if (error && alone_) on_unhandled_(std::move(error), own.name());
}

void spawned_base::refuse_in_fork() const {
  if (!process_bound::is_inherited(&home_)) return;
  throw usage_error("magpie: this task runs in the process that called fork(), and would never end here");
}

namespace {

/// Stands in the word while the thread that waits drives the runtime itself, so that all see that somebody waits.
class driving_waiter : arrival {
 public:
  explicit driving_waiter(source_word<arrival>& done) noexcept : arrival([](arrival*) noexcept {}), done_(done) {}
  driving_waiter(const driving_waiter&) = delete;
  driving_waiter& operator=(const driving_waiter&) = delete;
  ~driving_waiter() {
    if (attached_ && !done_.has_fired()) static_cast<void>(done_.detach(this));
  }
  source_word<arrival>::attached attach() noexcept {
    const auto how = done_.attach(this);
    attached_ = how == source_word<arrival>::attached::yes;
    return how;
  }

 private:
  source_word<arrival>& done_;
  bool attached_ = false;
};

}  // namespace

bool spawned_base::drive_until(std::int64_t deadline) {
  home_.drive([](const void* self) noexcept { return static_cast<const spawned_base*>(self)->own.done.has_fired(); },
              this, deadline);
  return own.done.has_fired();
}

bool spawned_base::block_until(std::int64_t deadline) {
  if (current_worker != nullptr) throw_on_worker("get() or wait() of a handle that is not ready");
  refuse_in_fork();
  if (driven_) {
    driving_waiter me(own.done);
    switch (me.attach()) {
      case source_word<arrival>::attached::fired_already:
        return true;
      case source_word<arrival>::attached::somebody_waits:
        std::rethrow_exception(second_waiter());
      case source_word<arrival>::attached::yes:
        return drive_until(deadline);
    }
  }
  blocked_thread<arrival> me;
  switch (own.done.attach(&me)) {
    case source_word<arrival>::attached::fired_already:
      return true;
    case source_word<arrival>::attached::somebody_waits:
      std::rethrow_exception(second_waiter());
    case source_word<arrival>::attached::yes:
      break;
  }
  // Who has a deadline takes no part, as the task may need longer; nor in a group, whose parent the last child makes go
  // on. Z5: the home may be gone.
  if (deadline == no_deadline && alone_ && process_bound::keep(&home_)) {
    awaited_task errand(*this, own);
    home_.run_if_next(errand);
    // The task may have called fork(), and this is the child.
    if (process_bound::is_inherited(&home_) && own.done.detach(&me)) refuse_in_fork();
  }
  me.wait(deadline);
  if (!me.arrived() && own.done.detach(&me)) return false;
  me.wait(no_deadline);  // if it is still on the way
  return true;
}

void handle_wait::attach() noexcept {
  if (is_part_of(task().promise().join->inside, awaited_->own)) return refuse(self_wait());
  switch (awaited_->own.done.attach(this)) {
    case source_word<arrival>::attached::yes:
      attached_ = true;
      break;
    case source_word<arrival>::attached::fired_already:
      happened(0);
      break;
    case source_word<arrival>::attached::somebody_waits:
      refuse(second_waiter());
      break;
  }
}

std::uint32_t handle_wait::detach() noexcept {
  if (!attached_) return 1;
  if (awaited_->own.done.has_fired()) return 0;  // the usual end: no step on the word is needed to see it
  return awaited_->own.done.detach(this) ? 1 : 0;
}

void handle_wait::on_arrival(arrival* a) noexcept { static_cast<handle_wait*>(a)->arrived(0); }

void throw_on_worker(const char* what) {
  throw usage_error(std::string("magpie: ") + what +
                    " on a worker would block it, and may wait for itself for ever: co_await it there instead");
}

void throw_invalid_handle() {
  throw usage_error("magpie: this join_handle is invalid: default-made, moved from, or its result was taken before");
}
std::exception_ptr second_waiter() {
  return std::make_exception_ptr(
      usage_error("magpie: somebody waits on this join_handle already; share() gives one for many"));
}

}  // namespace magpie::detail
