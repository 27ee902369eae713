#include <magpie/channel.hpp>
#include <magpie/gather.hpp>
#include <magpie/mutex.hpp>

#include "paths/paths.hpp"

#include <cstdint>
#include <optional>
#include <tuple>

namespace perf {
namespace {

using magpie::task;

task<std::uint64_t> mutex_alone() {
  magpie::mutex m;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < path_loops; ++i) {
    const auto held = co_await m.lock();
    sum += i;
  }
  co_return sum;
}

// There is always room, and always an item: nobody waits.
task<std::uint64_t> channel_alone() {
  magpie::channel<std::uint64_t> items(16);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < path_loops; ++i) {
    co_await items.send(i);
    const std::optional<std::uint64_t> item = co_await items.receive();
    sum += *item;
  }
  co_return sum;
}

task<> send_all(magpie::channel<std::uint64_t>& items) {
  for (std::uint64_t i = 0; i < path_loops; ++i) co_await items.send(i);
  items.close();
}

task<std::uint64_t> receive_all(magpie::channel<std::uint64_t>& items) {
  std::uint64_t sum = 0;
  for (;;) {
    const std::optional<std::uint64_t> item = co_await items.receive();
    if (!item) co_return sum;
    sum += *item;
  }
}

// Each waits for the other one by turns.
task<std::uint64_t> channel_turns() {
  magpie::channel<std::uint64_t> items(1);
  auto results = co_await magpie::gather(send_all(items), receive_all(items));
  co_return std::get<1>(results);
}

constexpr path paths[] = {
    {"mutex_lock_unlock", path_loops, mutex_alone, path_sum},
    {"channel_send_receive", path_loops, channel_alone, path_sum},
    {"channel_hand_over", path_loops, channel_turns, path_sum},
};

}  // namespace

std::span<const path> sync_paths() { return paths; }

}  // namespace perf
