#pragma once

#include <magpie/runtime.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace magpie_test {

/// Ends the process if it lives for too long, and says what has not ended.
class watchdog {
 public:
  /// The runtime lives as long. `what` is said, too.
  watchdog(const magpie::runtime& rt, std::string what, std::chrono::seconds patience = std::chrono::seconds(100))
      : rt_(rt), what_(std::move(what)), patience_(patience), thread_([this] { watch(); }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::lock_guard hold(lock_);
      over_ = true;
      ended_.notify_all();
    }
    thread_.join();
  }

 private:
  void watch() {
    std::unique_lock hold(lock_);
    if (ended_.wait_for(hold, patience_, [this] { return over_; })) return;
    std::fprintf(stderr, "watchdog: no end in %d s: %s\n", static_cast<int>(patience_.count()), what_.c_str());
    const magpie::runtime_metrics m = rt_.metrics();
    std::fprintf(stderr, "watchdog: %llu tasks started, %llu finished\n", static_cast<unsigned long long>(m.started),
                 static_cast<unsigned long long>(m.finished));
    std::ostringstream tree;
    rt_.dump(tree);
    std::fprintf(stderr, "%s\n", tree.str().c_str());
    std::abort();
  }

  const magpie::runtime& rt_;
  const std::string what_;
  const std::chrono::seconds patience_;
  std::mutex lock_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace magpie_test
