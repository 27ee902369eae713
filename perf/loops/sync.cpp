#include <magpie/channel.hpp>
#include <magpie/gather.hpp>
#include <magpie/mutex.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "loops/cases.hpp"
#include "peers/magpie_pool.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace perf {
namespace {

using magpie::task;

constexpr double ns = 1e-9;

task<> lock_alone(std::uint32_t times, std::uint64_t& count) {
  magpie::mutex m;
  for (std::uint32_t i = 0; i < times; ++i) {
    const auto hold = co_await m.lock();
    ++count;
  }
}

/// Two tasks on one worker: each finds the lock taken, and is handed it.
task<> lock_in_turn(magpie::mutex& m, std::uint32_t times, std::uint64_t& count) {
  auto hold = co_await m.lock();
  co_await magpie::yield();  // the other one comes, and waits
  for (std::uint32_t i = 0; i < times; ++i) {
    hold.unlock();
    hold = co_await m.lock();
    ++count;
  }
}
task<> hand_over(std::uint32_t times, std::uint64_t& count) {
  magpie::mutex m;
  co_await magpie::gather(lock_in_turn(m, times / 2, count), lock_in_turn(m, times / 2, count));
}

task<> send_and_receive(std::uint32_t times, std::uint64_t& sum) {
  magpie::channel<int> c(1);
  for (std::uint32_t i = 0; i < times; ++i) {
    co_await c.send(1);
    const std::optional<int> got = co_await c.receive();
    sum += static_cast<std::uint64_t>(got.value());
  }
}

/// Where two tasks meet that must be on two threads.
class start_line {
 public:
  explicit start_line(unsigned runners) : missing_(runners) {}
  void wait() noexcept {
    if (missing_.load() != 0) missing_.fetch_sub(1);
    while (missing_.load() != 0) {
    }
  }

 private:
  std::atomic<unsigned> missing_;
};

task<> send_all(start_line& start, magpie::channel<int>& c, std::uint32_t times) {
  start.wait();
  for (std::uint32_t i = 0; i < times; ++i) co_await c.send(1);
  c.close();
}
task<> receive_all(start_line& start, magpie::channel<int>& c, std::uint64_t& sum) {
  start.wait();
  for (std::optional<int> got = co_await c.receive(); got; got = co_await c.receive()) {
    sum += static_cast<std::uint64_t>(*got);
  }
}
task<> pass_on(unsigned workers, std::size_t capacity, std::uint32_t times, std::uint64_t& sum) {
  magpie::channel<int> c(capacity);
  start_line start(workers);
  co_await magpie::gather(receive_all(start, c, sum), send_all(start, c, times));
}

template <class Job>
loop_case alone(const char* name, const std::shared_ptr<magpie_pool>& p, std::uint32_t times, double most, Job job) {
  loop_case c{name, double(times), "ns", ns, {}};
  c.most = most;
  c.by_processor = p->runtime.workers() == 1;
  c.contestants.push_back({"magpie", [=] {
                             std::uint64_t count = 0;
                             p->runtime.block_on(job(times, count));
                             return count == times;
                           }});
  return c;
}

/// What the machine takes for two atomic steps, the least for a lock that others may wait for.
loop_case::contestant two_steps(std::uint32_t times) {
  return {"two compare-exchanges", [times] {
            std::atomic<std::uint32_t> word{0};
            std::uint32_t right = 0;
            for (std::uint32_t i = 0; i < times; ++i) {
              std::uint32_t free = 0;
              std::uint32_t held = 1;
              right += word.compare_exchange_strong(free, 1, std::memory_order_acquire) &&
                               word.compare_exchange_strong(held, 0, std::memory_order_release)
                           ? 1
                           : 0;
            }
            return right == times;
          }};
}

}  // namespace

std::vector<loop_case> sync_cases(unsigned threads) {
  const auto one = std::make_shared<magpie_pool>(1);
  const auto many = std::make_shared<magpie_pool>(std::max(2u, threads));
  const auto through = [](unsigned workers, std::size_t capacity) {
    return [=](std::uint32_t times, std::uint64_t& sum) { return pass_on(workers, capacity, times, sum); };
  };
  constexpr std::uint32_t million = 1'000'000;
  loop_case free_mutex = alone("mutex: lock and unlock, free", one, 2 * million, 8, lock_alone);
  free_mutex.contestants.push_back(two_steps(2 * million));
  return {free_mutex,
          alone("mutex: hand-over, one worker", one, million, 60, hand_over),
          alone("channel: send and receive in one task", one, million, 40, send_and_receive),
          alone("channel of 1, two tasks on one worker", one, million, 40, through(0, 1)),
          alone("channel of 64, two tasks on one worker", one, million, 40, through(0, 64)),
          alone("channel of 1024, between workers", many, million, 100, through(2, 1024)),
          alone("channel of 64, between workers", many, million, 100, through(2, 64))};
}

}  // namespace perf
