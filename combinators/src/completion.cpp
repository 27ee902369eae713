#include <magpie/completion.hpp>
#include <magpie/errors.hpp>

namespace magpie::detail {

void throw_null_error() { throw usage_error("magpie: set_error() of a completion needs an error; this one is null"); }

}  // namespace magpie::detail
