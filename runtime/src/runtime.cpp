#include <magpie/errors.hpp>
#include <magpie/runtime.hpp>

#include "pool.hpp"

#include <ostream>

namespace magpie {

runtime::runtime(runtime_options options) : engine_(std::make_unique<detail::pool>(*this, options)) {}
runtime::~runtime() = default;

unsigned runtime::workers() const noexcept { return engine_->size(); }
runtime_metrics runtime::metrics() const { return engine_->metrics(); }
detail::executor& runtime::engine() noexcept { return *engine_; }
const detail::executor& runtime::engine() const noexcept { return *engine_; }
void runtime::dump(std::ostream& out) const {
  out << "magpie runtime with " << workers() << (workers() == 1 ? " worker: " : " workers: ") << engine_->describe();
}
void runtime::refuse() const { throw usage_error(engine_->refusal()); }

clock::time_point runtime::now() noexcept { return clock::time_point(clock::duration(engine_->now())); }

shutdown_report runtime::shutdown_until(clock::time_point deadline) {
  if (engine_->is_here()) {
    throw usage_error(
        "magpie: shutdown() on one of the runtime's own workers would wait for itself for ever: call it on a thread "
        "outside");
  }
  return engine_->drain(deadline.time_since_epoch().count());
}

runtime& default_runtime() {
  static runtime* instance = new runtime;  // never destroyed: tasks may outlive main's statics
  return *instance;
}
}  // namespace magpie
