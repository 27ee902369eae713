#include <magpie/base/futex.hpp>
#include <magpie/coroutine/ending.hpp>
#include <magpie/errors.hpp>
#include <magpie/join_handle.hpp>

namespace magpie::detail {
namespace {

/// A plain thread that waits.
struct blocked_thread : arrival {
  blocked_thread() noexcept : arrival(wake) {}

  void wait(std::int64_t deadline) noexcept {
    while (!arrived()) {
      if (deadline != no_deadline && monotonic_now() >= deadline) return;
      futex_wait(flag, 0, deadline);
    }
  }
  bool arrived() const noexcept {
    return flag.load(acquire) != 0;  // E4: pairs with wake(), after which only the address is used
  }

  static void wake(arrival* a) noexcept {
    atomics::atomic<std::uint32_t>& flag = static_cast<blocked_thread*>(a)->flag;
    flag.store(1, release);  // E4. *a may be gone
    futex_wake_one(flag);
  }

  atomics::atomic<std::uint32_t> flag{0};
};

}  // namespace

bool spawned_base::start(task_coroutine c, void* result) noexcept {
  parent = c;
  inside = &own;
  const worker_context* w = current_worker;
  // X2: the scope above is the runtime's, which the spawner's own look went through if it runs here too.
  own.place(&home_.root_scope(), w != nullptr && &w->home == &home_ ? w->quiet_epoch : scope::never_looked);
  promise_base& p = c.promise();
  p.join = this;
  p.result = result;
  p.kind = role::root;
  return home_.start(*this);
}

std::coroutine_handle<> spawned_base::first_step(runnable* r) noexcept {
  auto* self = static_cast<spawned_base*>(r);
  worker_context& w = *current_worker;
  w.quiet_epoch = self->own.seen();  // X2
  if (stop_requested(w, &self->own)) return end_cancelled(self->parent.promise());
  return self->parent;
}

void spawned_base::on_end(root_join* join) noexcept {
  auto* self = static_cast<spawned_base*>(join);
  executor& home = self->home_;
  arrival* waiter = nullptr;
  switch (self->done.fire(waiter)) {  // *self may be gone, unless it was abandoned
    case source_word<arrival>::fired::unheard:
      break;
    case source_word<arrival>::fired::waiter:
      waiter->arrive(waiter);
      break;
    case source_word<arrival>::fired::abandoned:
      self->report_error();
      self->free();
      break;
  }
  home.ended();
}

void spawned_base::abandon() noexcept {
  if (!done.abandon()) return;  // *this may be gone
  // It has ended, and nobody took the result.
  report_error();
  free();
}

void spawned_base::report_error() noexcept {
  if (error) on_unhandled_(std::move(error), name_);
}

bool spawned_base::block_until(std::int64_t deadline) {
  if (current_worker != nullptr) throw_on_worker("get() or wait() of a handle that is not ready");
  blocked_thread me;
  switch (done.attach(&me)) {
    case source_word<arrival>::attached::fired_already:
      return true;
    case source_word<arrival>::attached::somebody_waits:
      throw_second_waiter();
    case source_word<arrival>::attached::yes:
      break;
  }
  me.wait(deadline);
  if (!me.arrived() && done.detach(&me)) return false;
  me.wait(no_deadline);  // if it is still on the way
  return true;
}

std::coroutine_handle<> handle_wait::publish(executor& home) {
  const std::coroutine_handle<> waiter = task();
  home_ = &home;
  switch (awaited_->done.attach(this)) {
    case source_word<arrival>::attached::fired_already:
      return waiter;
    case source_word<arrival>::attached::somebody_waits:
      throw_second_waiter();
    case source_word<arrival>::attached::yes:
      break;
  }
  return std::noop_coroutine();  // *this may be gone
}

void handle_wait::on_arrival(arrival* a) noexcept {
  auto* self = static_cast<handle_wait*>(a);
  self->home_->enqueue(*self, placement::next);
}

void throw_on_worker(const char* what) {
  throw usage_error(std::string("magpie: ") + what +
                    " on a worker would block it, and may wait for itself for ever: co_await it there instead");
}

void throw_invalid_handle() {
  throw usage_error("magpie: this join_handle is invalid: default-made, moved from, or its result was taken before");
}
void throw_second_waiter() {
  throw usage_error("magpie: somebody waits on this join_handle already; share() gives one for many");
}

}  // namespace magpie::detail
