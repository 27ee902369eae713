#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

/// What threads that wait for each other under a lock are made of, so that the source that ships also runs under the
/// model checker (tests/model).
namespace magpie::detail {

struct std_thread_parts {
  using mutex = std::mutex;
  using condition = std::condition_variable;
  using thread = std::thread;
};

}  // namespace magpie::detail

#if defined(MAGPIE_THREADS_HEADER)
#include MAGPIE_THREADS_HEADER  // a test's own; it defines magpie::detail::thread_parts
#else
namespace magpie::detail {
using thread_parts = std_thread_parts;
}
#endif
