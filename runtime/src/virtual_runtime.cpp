#include <magpie/testing.hpp>

#include "virtual_engine.hpp"

namespace magpie {

runtime::runtime(on_virtual_time, const testing::virtual_options& options)
    : engine_(std::make_unique<detail::virtual_engine>(*this, options)) {}

namespace testing {

deadlock::~deadlock() = default;

virtual_runtime::virtual_runtime(virtual_options options) : runtime(on_virtual_time::start, options) {}

clock::duration virtual_runtime::elapsed() const noexcept {
  return clock::duration(static_cast<const detail::virtual_engine&>(engine()).elapsed());
}

std::uint64_t virtual_runtime::trace_hash() const noexcept {
  return static_cast<const detail::virtual_engine&>(engine()).trace_hash();
}

}  // namespace testing
}  // namespace magpie
