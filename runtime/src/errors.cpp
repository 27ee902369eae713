#include <magpie/base/assert.hpp>
#include <magpie/errors.hpp>

#include <cstdio>
#include <cstdlib>

namespace magpie {

usage_error::~usage_error() = default;
task_cancelled::~task_cancelled() = default;
timed_out::~timed_out() = default;
channel_closed::~channel_closed() = default;
exception_group::~exception_group() = default;

namespace {

std::string describe(const std::vector<std::exception_ptr>& errors) {
  if (errors.empty()) throw usage_error("magpie: an exception_group holds at least one error");
  std::string first;
  try {
    std::rethrow_exception(errors.front());
  } catch (const std::exception& e) {
    first = e.what();
  } catch (...) {
    first = "not a std::exception";
  }
  return std::to_string(errors.size()) + (errors.size() == 1 ? " error: " : " errors, the first: ") + first;
}

}  // namespace

exception_group::exception_group(std::vector<std::exception_ptr> errors)
    : std::runtime_error(describe(errors)),
      errors_(std::make_shared<const std::vector<std::exception_ptr>>(std::move(errors))) {}

void detail::fatal(const char* message) noexcept {
  std::fprintf(stderr, "%s\n", message);
  std::abort();
}

}  // namespace magpie
