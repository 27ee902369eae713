#pragma once

#include <atomic>
#include <cstddef>
#include <semaphore>
#include <thread>

namespace perf {

/// Forks and joins for a pool that only has `submit(f)` and `help()`, which runs some waiting task if there is one: a
/// counter, and who waits for it helps.
template <class Pool>
class counted_group {
 public:
  explicit counted_group(Pool& pool) noexcept : pool_(pool) {}

  void spawn(auto f) {
    left_.fetch_add(1, std::memory_order_relaxed);  // relaxed: the queue hands it on
    pool_.submit([this, f] {
      f();
      left_.fetch_sub(1, std::memory_order_release);  // pairs with the acquire in wait()
    });
  }
  void wait() {
    while (left_.load(std::memory_order_acquire) != 0) {
      if (!pool_.help()) std::this_thread::yield();
    }
  }

 private:
  Pool& pool_;
  std::atomic<std::size_t> left_{0};
};

/// What a stack_peer is, for such a pool. The caller stays out.
template <class Pool>
class queue_peer {
 public:
  using spawner = counted_group<Pool>;

  void run(auto&& f) {
    std::binary_semaphore done(0);
    pool_.submit([&f, &done] {
      f();
      done.release();
    });
    done.acquire();
  }
  void submit(auto f) { pool_.submit(f); }

  void fork_join(auto&& f, auto&& g) {
    spawner group(pool_);
    group.spawn([&f] { f(); });
    g();
    group.wait();
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    spawner group(pool_);
    for (std::size_t i = 0; i + 1 < n; ++i) group.spawn([&f, i] { f(i); });
    f(n - 1);
    group.wait();
  }
  void with_group(auto&& body) {
    spawner group(pool_);
    body(group);
    group.wait();
  }

 protected:
  explicit queue_peer(unsigned threads) : pool_(threads) {}

 private:
  Pool pool_;
};

}  // namespace perf
