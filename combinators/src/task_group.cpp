#include <magpie/task_group.hpp>

namespace magpie::detail {

void throw_group_ended() {
  throw usage_error(
      "magpie: spawn() into a task_group whose scope has ended, or on a runtime that is shutting down; the "
      "task was destroyed");
}

void throw_join_outside() {
  throw usage_error(
      "magpie: group.join() outside of the group's body: a child would wait for itself; await its handle, or "
      "let the body join");
}

void throw_join_too_late() {
  throw usage_error("magpie: group.join() by a copy of a task_group whose scope has ended");
}

}  // namespace magpie::detail
