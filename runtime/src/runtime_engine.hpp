#pragma once

#include <magpie/coroutine/executor.hpp>
#include <magpie/runtime.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace magpie::detail {

/// What a runtime is made of: the executor that tasks know, and what else its owner asks for.
class runtime_engine : public executor {
 public:
  /// Stops accepting, asks all that runs to stop, and waits for it.
  virtual ~runtime_engine() = default;

  virtual unsigned size() const noexcept = 0;
  virtual runtime_metrics metrics() const = 0;

  /// What has not ended; see runtime::dump().
  std::string describe();

  /// After start() was false: why.
  virtual const char* refusal() const noexcept;

 protected:
  using executor::executor;
};

/// The default of runtime_options::on_unhandled: a line on stderr.
void print_unhandled(std::exception_ptr error, std::string_view task_name);

}  // namespace magpie::detail
