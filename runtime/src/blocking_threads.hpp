#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/coroutine/executor.hpp>

#include "thread_parts.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>

namespace magpie::detail {

/// Threads beside a pool's workers, for calls that block: made on demand up to a cap, ended when idle for long. Calls
/// beyond the cap wait their turn (docs/protocols/blocking_threads.md).
class blocking_threads {
 public:
  /// `most`: threads at a time. `thread_name` outlives this.
  blocking_threads(unsigned most, const std::string& thread_name) noexcept : most_(most), thread_name_(thread_name) {}
  blocking_threads(const blocking_threads&) = delete;
  blocking_threads& operator=(const blocking_threads&) = delete;
  ~blocking_threads() { stop(); }

  /// Any thread. `c` is run once. Errors: std::system_error if there is no thread and none can be started; then it is
  /// not run.
  void call(blocking_call& c);

  /// When no call is left. Ends the threads, and waits for them.
  void stop() noexcept;

  /// Whether the calling thread is one of these.
  bool here() const noexcept;

  struct figures {
    std::uint64_t calls;
    std::size_t threads;
  };
  figures read() const;

 private:
  using threads = std::list<thread_parts::thread>;

  void start_thread();
  void serve(threads::iterator self) noexcept;
  static void join_all(threads& ended) noexcept;

  const unsigned most_;
  const std::string& thread_name_;

  mutable thread_parts::mutex lock_;  // guards what follows
  thread_parts::condition news_;
  atomics::plain<blocking_call*> first_{nullptr};
  atomics::plain<blocking_call*> last_{nullptr};
  atomics::plain<std::size_t> queued_{0};
  atomics::plain<std::size_t> idle_{0};
  atomics::plain<std::uint64_t> calls_{0};
  atomics::plain<bool> over_{false};
  threads running_;
  threads ended_;  // they hold no lock and touch nothing any more: to be joined
};

}  // namespace magpie::detail
