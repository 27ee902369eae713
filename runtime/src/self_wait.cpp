#include <magpie/errors.hpp>
#include <magpie/spawn/self_wait.hpp>

#include <exception>

std::exception_ptr magpie::detail::self_wait() {
  return std::make_exception_ptr(
      usage_error("magpie: a task, or a part of it, waits for the end of that very task, and would wait for ever"));
}
