#include <magpie/errors.hpp>
#include <magpie/runtime.hpp>

#include "pool.hpp"

namespace magpie {

runtime::runtime(runtime_options options) : pool_(std::make_unique<detail::pool>(*this, options)) {}
runtime::~runtime() = default;

unsigned runtime::workers() const noexcept { return pool_->size(); }
runtime_metrics runtime::metrics() const { return pool_->metrics(); }

shutdown_report runtime::shutdown_until(clock::time_point deadline) {
  if (pool_->here() != nullptr) {
    throw usage_error(
        "magpie: shutdown() on one of the runtime's own workers would wait for itself for ever: call it on a "
        "thread outside");
  }
  return pool_->drain(deadline.time_since_epoch().count());
}

detail::executor& runtime::engine() noexcept { return *pool_; }

runtime& default_runtime() {
  static runtime* instance = new runtime;  // never destroyed: tasks may outlive main's statics
  return *instance;
}

namespace detail {

void throw_not_accepting() { throw usage_error("magpie: this runtime is shutting down and starts no more tasks"); }

}  // namespace detail
}  // namespace magpie
