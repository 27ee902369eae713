#pragma once

#include "peers/asio/asio_peer.hpp"
#include "peers/posting_peer.hpp"

#include <asio/error.hpp>
#include <asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>

/// Timers: Asio's own trade.
namespace perf {

/// Handlers, and the task that has set them up; whoever is the last of them ends it.
class asio_countdown {
 public:
  explicit asio_countdown(std::uint64_t handlers) : left_(handlers + 1) {}
  bool last() { return left_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  std::atomic<std::uint64_t> left_;
};

template <std::uint64_t Pending>
void solve(asio_peer& p, timer_arm_disarm<Pending>& w) {
  std::deque<asio::steady_timer> others;
  // At many times, none of which comes.
  for (std::uint64_t i = 1; i < w.pending; ++i) {
    others.emplace_back(p.pool, std::chrono::seconds(1000 + i % 1000)).async_wait([](const asio::error_code&) {});
  }
  asio_countdown left(w.count);
  std::atomic<std::uint64_t> disarmed{0};
  asio::steady_timer timer(p.pool);
  post_and_wait(p, [&](auto over) {
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < w.count; ++i) {
      timer.expires_after(std::chrono::hours(1));
      timer.async_wait([&left, &disarmed, over](const asio::error_code& error) {
        if (error == asio::error::operation_aborted) disarmed.fetch_add(1, std::memory_order_relaxed);
        if (left.last()) over();
      });
      timer.cancel();
    }
    w.taken = std::chrono::steady_clock::now() - began;
    if (left.last()) over();
  });
  w.result = disarmed.load();
  others.clear();
  post_and_wait(p, [](auto over) { over(); });  // behind the handlers of these
}

template <std::uint64_t Timers>
void solve(asio_peer& p, timer_fire<Timers>& w) {
  std::deque<asio::steady_timer> timers;
  asio_countdown left(w.timers);
  std::atomic<std::uint64_t> fired{0};
  w.due = std::chrono::steady_clock::now() + w.ahead;
  post_and_wait(p, [&](auto over) {
    for (std::uint64_t i = 0; i < w.timers; ++i) {
      timers.emplace_back(p.pool, w.due).async_wait([&left, &fired, over](const asio::error_code& error) {
        if (!error) fired.fetch_add(1, std::memory_order_relaxed);
        if (left.last()) over();
      });
    }
    w.armed = std::chrono::steady_clock::now();
    if (left.last()) over();
  });
  w.last = std::chrono::steady_clock::now();
  w.fired = fired.load();
}

/// So many waits for timers that never fire.
template <std::uint64_t Tasks>
void solve(asio_peer& p, cancelling<Tasks>& w) {
  std::deque<asio::steady_timer> timers;
  asio_countdown left(w.tasks);
  std::atomic<std::uint64_t> completed{0};
  std::chrono::steady_clock::time_point began;
  post_and_wait(p, [&](auto over) {
    for (std::uint64_t i = 0; i < w.tasks; ++i) {
      timers.emplace_back(p.pool, std::chrono::hours(24 * 365))
          .async_wait([&left, &completed, over](const asio::error_code& error) {
            if (!error) completed.fetch_add(1, std::memory_order_relaxed);
            if (left.last()) over();
          });
    }
    w.active = timers.size();
    began = std::chrono::steady_clock::now();
    for (asio::steady_timer& timer : timers) timer.cancel();
    if (left.last()) over();
  });
  w.taken = std::chrono::steady_clock::now() - began;
  w.completed = completed.load();
}

}  // namespace perf
