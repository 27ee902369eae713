#pragma once

#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/patience.hpp"

#include <thread>

/// On which thread a task runs, where a plain thread may take the place of a worker that sleeps.
namespace magpie_test {

inline magpie::task<std::thread::id> own_thread() { co_return std::this_thread::get_id(); }

/// Begins on the thread `before`, and waits once.
inline magpie::task<std::thread::id> thread_after_a_wait(std::thread::id& before) {
  before = std::this_thread::get_id();
  co_await magpie::yield();
  co_return std::this_thread::get_id();
}

/// All has ended and all workers have lain down, after a while. False after a minute.
inline bool all_sleep(const magpie::runtime& rt) {
  return comes_true(
      [&] { return rt.metrics().sleeps >= rt.workers() && rt.metrics().finished == rt.metrics().started; });
}

}  // namespace magpie_test
