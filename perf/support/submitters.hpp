#pragma once

#include <barrier>
#include <cstddef>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace perf {

/// Threads that do not belong to the pool under test. They exist before the clock starts.
class submitters {
 public:
  explicit submitters(unsigned count) : gate_(static_cast<std::ptrdiff_t>(count) + 1) {
    for (unsigned i = 0; i < count; ++i) {
      threads_.emplace_back([this, i] {
        for (;;) {
          gate_.arrive_and_wait();
          if (!work_) return;
          work_(i);
          gate_.arrive_and_wait();
        }
      });
    }
  }
  submitters(const submitters&) = delete;
  submitters& operator=(const submitters&) = delete;
  ~submitters() {
    work_ = nullptr;
    gate_.arrive_and_wait();
    for (std::thread& t : threads_) t.join();
  }

  /// Calls work(0), work(1), ..., each on a thread of its own; returns when all have returned.
  void run(std::function<void(unsigned)> work) {
    work_ = std::move(work);
    gate_.arrive_and_wait();
    gate_.arrive_and_wait();
  }

 private:
  std::barrier<> gate_;
  std::function<void(unsigned)> work_;
  std::vector<std::thread> threads_;
};

}  // namespace perf
