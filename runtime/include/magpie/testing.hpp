#pragma once

#include <magpie/base/config.hpp>
#include <magpie/clock.hpp>
#include <magpie/runtime.hpp>

#include <cstdint>
#include <stdexcept>

/// For tests of programs that use magpie (docs/guide/testing.md).
namespace magpie::testing {

struct virtual_options {
  /// Of all choices. The same program with the same seed takes the same course.
  std::uint64_t seed = 0;
  /// How many workers are pretended; 1 to 1,024.
  unsigned workers = 1;
};

/// Nothing can run, no timer is armed, and what is waited for has not ended. what() names the tasks that are blocked,
/// and what they wait for.
class MAGPIE_EXPORT deadlock : public std::logic_error {
 public:
  using std::logic_error::logic_error;
  ~deadlock() override;
};

/// A runtime on one thread, the one that waits in block_on() or in get(), wait(), wait_for() of a handle. A seed
/// chooses which task runs next, on which of the pretended workers, and which of two timers that are due at the same
/// time is first. Time is virtual: it stands still as long as anything can run, and jumps to the next timer when all
/// are idle; a task that asks for the time, or polls a stop token, moves it by a microsecond, so that loops that wait
/// in this way end.
///
/// It is a runtime: pass it where one is asked for, and get_runtime() gives it to its tasks. What wait_until() is given
/// on a plain thread is a virtual time too.
///
/// Errors: block_on() and the waits of handles throw deadlock when nothing can go on any more; the tasks remain as they
/// are. spawn() on another thread than that which made the runtime: usage_error. Threads: the one that made it, alone;
/// a task that is made to go on by another thread ends the process with a message.
class MAGPIE_EXPORT virtual_runtime : public runtime {
 public:
  /// Errors: std::invalid_argument for no workers, or too many; std::bad_alloc.
  explicit virtual_runtime(virtual_options options = {});

  /// Asks what still runs to stop, and runs it to its end. What ignores that and waits for ever ends the process, with
  /// a message that says what it is.
  ~virtual_runtime() = default;

  /// How much virtual time has passed since the start.
  clock::duration elapsed() const noexcept;

  /// A digest of all choices and times so far: equal after equal courses.
  std::uint64_t trace_hash() const noexcept;
};

}  // namespace magpie::testing
