#include <magpie/barrier.hpp>
#include <magpie/base/assert.hpp>
#include <magpie/errors.hpp>
#include <magpie/latch.hpp>
#include <magpie/semaphore.hpp>

#include <stdexcept>
#include <string>

namespace magpie::detail {

void die_waited_on(const char* what) noexcept {
  fatal((std::string("magpie: a ") + what + " is being destroyed while tasks wait for it, and would wait for ever")
            .c_str());
}

void throw_counted_below_zero(const char* what) {
  throw usage_error(std::string("magpie: a ") + what + " was counted down below zero");
}

void throw_empty_barrier() { throw std::invalid_argument("magpie: a barrier of nobody; the least is 1"); }

}  // namespace magpie::detail
