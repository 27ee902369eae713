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

shutdown_report runtime_engine::drain(std::int64_t deadline) {
  shutdown_report report;
  const auto write_to = [this](shutdown_report* r) {
    const std::lock_guard hold(reporting_);
    report_ = r;
  };
  write_to(&report);
  start_draining();
  stop_accepting();
  try {
    wait_for_the_end(deadline);
    root_scope().request_stop();
    wait_for_the_end(no_deadline);
  } catch (...) {  // a deadlock in virtual time
    write_to(nullptr);
    throw;
  }
  write_to(nullptr);
  return report;
}

void runtime_engine::ends(ending how, std::string_view name) noexcept {
  const std::lock_guard hold(reporting_);
  if (report_ == nullptr) return;
  if (how != ending::cancelled) {
    ++report_->finished;
    return;
  }
  ++report_->cancelled;
  try {
    report_->cancelled_names.emplace_back(name);
  } catch (...) {
    // No memory for its name, which is lost: it is counted.
  }
}

}  // namespace magpie::detail
