#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/coroutine/executor.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/runtime.hpp>

#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>

namespace magpie::detail {

/// What a runtime is made of: the executor that tasks know, and what else its owner asks for.
class runtime_engine : public executor {
 public:
  /// Stops accepting, asks all that runs to stop, and waits for it.
  virtual ~runtime_engine() = default;

  /// Whether the calling thread runs something that this waits for at its end.
  virtual bool is_here() const noexcept { return current_worker != nullptr && &current_worker->home == this; }

  virtual unsigned size() const noexcept = 0;
  virtual runtime_metrics metrics() const = 0;

  /// See runtime::shutdown(). What runs is asked to stop at `deadline`, on the clock of now(). Errors: as drive().
  shutdown_report drain(std::int64_t deadline);
  void ends(ending how, std::string_view name) noexcept override;

  /// Whether this is that of a parent, which fork() copied without its threads. It can be asked no more then.
  virtual bool is_inherited() const noexcept { return false; }

  /// What has not ended; see runtime::dump().
  std::string describe();

  /// After start() was false: why.
  virtual const char* refusal() const noexcept;

 protected:
  using executor::executor;

 private:
  // The parts of drain(): nothing is accepted any more; wait until all has ended, or for the deadline.
  virtual void stop_accepting() noexcept = 0;
  virtual void wait_for_the_end(std::int64_t deadline) = 0;

  std::mutex reporting_;  // guards the report, which exists during drain()
  shutdown_report* report_ = nullptr;
};

/// The default of runtime_options::on_unhandled: a line on stderr.
void print_unhandled(std::exception_ptr error, std::string_view task_name);

}  // namespace magpie::detail
