#include <magpie/limit.hpp>

#include <stdexcept>

namespace magpie::detail {

void throw_bad_limit() { throw std::invalid_argument("magpie: a limit of less than 1 lets nothing run"); }

}  // namespace magpie::detail
