#include <magpie/coroutine/scope.hpp>

namespace magpie::detail {

constinit atomics::atomic<std::uint64_t> stop_epoch{scope::never_looked + 1};

template class basic_scope<atomics, process_epoch>;

}  // namespace magpie::detail
