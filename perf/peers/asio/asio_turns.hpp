#pragma once

#include "peers/asio/asio_peer.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/concurrent_channel.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <semaphore>

/// Tasks that wake each other: coroutines.
namespace perf {

/// From outside: runs coroutine(i) for n values of i, and returns the sum of what they return.
inline std::uint64_t asio_run_all(asio_peer& p, std::size_t n, auto coroutine) {
  std::atomic<std::size_t> left{n};
  std::atomic<std::uint64_t> sum{0};
  std::binary_semaphore over(0);
  for (std::size_t i = 0; i < n; ++i) {
    asio::co_spawn(p.pool, coroutine(i), [&](const std::exception_ptr& error, std::uint64_t value) {
      if (!error) sum.fetch_add(value, std::memory_order_relaxed);
      if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) over.release();
    });
  }
  over.acquire();
  return sum.load();
}

using asio_channel = asio::experimental::concurrent_channel<void(asio::error_code, std::uint64_t)>;

inline asio::awaitable<std::uint64_t> asio_plays(asio_channel& mine, asio_channel& others, std::uint64_t rounds) {
  std::uint64_t turns = 0;
  for (; turns < rounds; ++turns) {
    co_await mine.async_receive(asio::use_awaitable);
    co_await others.async_send(asio::error_code(), turns, asio::use_awaitable);
  }
  co_return turns;
}
inline void solve(asio_peer& p, ping_pong& w) {
  asio_channel ping(p.pool, 1);
  asio_channel pong(p.pool, 1);
  ping.try_send(asio::error_code(), std::uint64_t{0});
  w.result = asio_run_all(p, 2, [&](std::size_t i) {
    return i == 0 ? asio_plays(ping, pong, w.rounds) : asio_plays(pong, ping, w.rounds);
  });
}

inline asio::awaitable<std::uint64_t> asio_yields(asio_peer& p, std::uint64_t count) {
  std::uint64_t done = 0;
  for (; done < count; ++done) co_await asio::post(p.pool, asio::use_awaitable);
  co_return done;
}
inline void solve(asio_peer& p, yielding& w) {
  w.result = asio_run_all(p, yielding::tasks, [&](std::size_t) { return asio_yields(p, w.each); });
}

/// Each sends its result into a channel when it ends; there is room for all.
inline asio::awaitable<std::uint64_t> asio_takes_results(asio_peer& p, std::uint64_t rounds) {
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    const auto results = std::make_shared<asio_channel>(p.pool, as_completed::handles);
    for (std::uint64_t i = 0; i < as_completed::handles; ++i) {
      asio::post(p.pool, [results, i] { results->try_send(asio::error_code(), i); });
    }
    for (std::uint64_t i = 0; i < as_completed::handles; ++i) {
      sum += co_await results->async_receive(asio::use_awaitable);
    }
  }
  co_return sum;
}
inline void solve(asio_peer& p, as_completed& w) {
  w.result = asio_run_all(p, 1, [&](std::size_t) { return asio_takes_results(p, w.rounds); });
}

}  // namespace perf
