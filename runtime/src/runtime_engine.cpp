#include "runtime_engine.hpp"
#include "tree_report.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

namespace magpie::detail {
namespace {

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace

std::string runtime_engine::describe() {
  const runtime_metrics m = metrics();
  const std::uint64_t unfinished = m.started - std::min(m.started, m.finished);
  return std::to_string(unfinished) + (unfinished == 1 ? " task has" : " tasks have") + " not ended\n" +
         describe_tree(root_scope(), now(), unfinished);
}

const char* runtime_engine::refusal() const noexcept {
  return "magpie: this runtime is shutting down and starts no more tasks";
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the signature is that of runtime_options::on_unhandled
void print_unhandled(std::exception_ptr error, std::string_view task_name) {
  std::fprintf(stderr, "magpie: nobody received an error of task '%.*s': %s\n", static_cast<int>(task_name.size()),
               task_name.data(), message_of(error).c_str());
}

}  // namespace magpie::detail
