#pragma once

#include "peers/lacking.hpp"
#include "runners/runner.hpp"

#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <asio/version.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace perf {

class asio_peer {
 public:
  static peer_facts facts() {
    return {.peer = "Asio",
            .version = std::to_string(ASIO_VERSION / 100000) + "." + std::to_string(ASIO_VERSION / 100 % 1000) + "." +
                       std::to_string(ASIO_VERSION % 100),
            .notes = "thread_pool without Boost. Its handlers must not wait: the last child goes on in the parent's "
                     "place. Coroutines where tasks wake each other. The caller stays out."};
  }
  static std::string lacks(std::string_view workload);

  asio_peer(unsigned threads, caller) : pool(threads) {}
  asio_peer(const asio_peer&) = delete;
  asio_peer& operator=(const asio_peer&) = delete;
  ~asio_peer() { pool.join(); }

  void post(auto f) { asio::post(pool, std::move(f)); }
  void submit(auto f) { post(std::move(f)); }

  asio::thread_pool pool;
};

inline std::string asio_peer::lacks(std::string_view workload) {
  return first_reason(
      workload,
      {{"wait_any",
        "Parallel groups end with the first of a few operations, whose number is fixed when they are compiled."},
       {"deadline", "A timer's handler waits for a thread of the pool, and none looks at it while all compute."},
       {"memory_gather_limit", "Asio has nothing that limits how many handlers are under way."},
       {"parallel", "Asio has no loops and no algorithms."}});
}

}  // namespace perf
