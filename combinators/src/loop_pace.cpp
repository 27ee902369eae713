#include <magpie/errors.hpp>
#include <magpie/loop_pace.hpp>
#include <magpie/runtime.hpp>

namespace magpie::detail {

void throw_bad_grain() { throw usage_error("magpie: the grain of a loop is negative: it is items per leaf, or 0"); }

void throw_bad_index() {
  throw usage_error("magpie: a loop between integers of different types, of which the common type cannot express one: "
                    "write both in one type");
}

void throw_bad_tile() { throw usage_error("magpie: tile{rows, cols} is negative, or has 2^64 cells or more"); }

bool works_alone() noexcept { return current_worker->home.owner().workers() == 1; }

}  // namespace magpie::detail
