#pragma once

#include <magpie/coroutine/scope.hpp>

#include <cstdint>
#include <string>

namespace magpie::detail {

/// What runs below `root`, as people read it: the spawned tasks, groups and deadlines in which something is blocked, or
/// was, with what is blocked in them; the rest of the `unfinished` spawned tasks as a number. Of running tasks nothing
/// is linked into the tree, so only their number is known.
///
/// Errors: std::bad_alloc. Cost: holds up what blocks or ends meanwhile. Threads: any, while the runtime lives.
std::string describe_tree(scope& root, std::int64_t now, std::uint64_t unfinished);

}  // namespace magpie::detail
