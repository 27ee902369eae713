#include <magpie/base/atomic.hpp>
#include <magpie/errors.hpp>
#include <magpie/runtime.hpp>
#include <magpie/services/process_bound.hpp>

#include "pool.hpp"

#include <mutex>
#include <ostream>

namespace magpie {

runtime::runtime(runtime_options options) : engine_(std::make_unique<detail::pool>(*this, options)) {}
runtime::~runtime() {
  // In a child made by fork() there is no thread to join, and a lock may be held by one that is not there.
  // NOLINTNEXTLINE(bugprone-unused-return-value): nothing can be done with it
  if (engine_->is_inherited()) static_cast<void>(engine_.release());
}

unsigned runtime::workers() const noexcept { return engine_->size(); }
runtime_metrics runtime::metrics() const { return engine_->metrics(); }
detail::executor& runtime::engine() noexcept { return *engine_; }
const detail::executor& runtime::engine() const noexcept { return *engine_; }
void runtime::dump(std::ostream& out) const {
  out << "magpie runtime with " << workers() << (workers() == 1 ? " worker: " : " workers: ");
  if (engine_->is_inherited()) {
    out << "they are in the process that called fork()\n";
  } else {
    out << engine_->describe();
  }
}
void runtime::refuse() const { throw usage_error(engine_->refusal()); }

clock::time_point runtime::now() noexcept { return clock::time_point(clock::duration(engine_->now())); }

shutdown_report runtime::shutdown_until(clock::time_point deadline) {
  if (engine_->is_inherited()) refuse();
  if (engine_->is_here()) {
    throw usage_error(
        "magpie: shutdown() on one of the runtime's own workers would wait for itself for ever: call it on a thread "
        "outside");
  }
  return engine_->drain(deadline.time_since_epoch().count());
}

namespace {

constinit detail::atomics::atomic<runtime*> the_default{nullptr};  // never destroyed: tasks may outlive main's statics

}  // namespace

runtime& default_runtime() {
  runtime* made = the_default.load(detail::acquire);  // acquire: pairs with the store: the runtime
  if (made == nullptr) [[unlikely]] {
    // Not a local static: a child whose parent's other thread was making it would wait for that thread for ever.
    const std::lock_guard hold(detail::process_bound::no_fork());
    made = the_default.load(detail::relaxed);  // relaxed: under the mutex
    if (made == nullptr) {
      made = new runtime;
      the_default.store(made, detail::release);  // release: see above
    }
  }
  if (made->engine_->is_inherited()) [[unlikely]]
    made->refuse();
  return *made;
}
}  // namespace magpie
