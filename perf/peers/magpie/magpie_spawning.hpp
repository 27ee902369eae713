#pragma once

#include <magpie/gather.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>

#include "peers/magpie/magpie_peer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

/// What spawning costs, in coroutines.
namespace perf {

inline magpie::task<std::uint64_t> number(std::uint64_t i) { co_return i; }

template <std::uint64_t N>
magpie::task<std::uint64_t> gather_range_of(std::uint64_t rounds) {
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    std::vector<magpie::task<std::uint64_t>> tasks;
    tasks.reserve(N);
    for (std::uint64_t i = 0; i < N; ++i) tasks.push_back(number(i));
    const std::vector<std::uint64_t> values = co_await magpie::gather(std::move(tasks));
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
}

template <std::size_t... I>
magpie::task<std::uint64_t> gather_tuple_of(std::uint64_t rounds, std::index_sequence<I...>) {
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    const auto values = co_await magpie::gather(number(I)...);
    sum = std::apply([sum](auto... value) { return (value + ... + sum); }, values);
  }
  co_return sum;
}

template <std::uint64_t N>
void solve(magpie_peer& p, gather_of<N>& w) {
  if constexpr (N <= 10) {
    w.result = p.runtime.block_on(gather_tuple_of(w.rounds, std::make_index_sequence<N>()));
  } else {
    w.result = p.runtime.block_on(gather_range_of<N>(w.rounds));
  }
}

inline magpie::task<> put_number(std::uint64_t& to, std::uint64_t i) {
  to = i;
  co_return;
}
/// A group for each thousand: what is spawned into it is waited for as a whole, as the peers do it.
inline magpie::task<std::uint64_t> spawn_batches(std::uint64_t batches) {
  std::uint64_t sum = 0;
  std::vector<std::uint64_t> values(spawn_inside::at_once);
  for (std::uint64_t b = 0; b < batches; ++b) {
    co_await magpie::with_task_group([&values, b](magpie::task_group& group) -> magpie::task<> {
      for (std::uint64_t i = 0; i < values.size(); ++i) {
        group.spawn(put_number(values[i], b * values.size() + i)).detach();
      }
      co_return;
    });
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
}
inline void solve(magpie_peer& p, spawn_inside& w) { w.result = p.runtime.block_on(spawn_batches(w.batches)); }

inline magpie::task<std::uint64_t> open_groups(std::uint64_t groups) {
  std::uint64_t sum = 0;
  for (std::uint64_t g = 0; g < groups; ++g) {
    std::array<std::uint64_t, group_spawn_join::at_once> values{};
    co_await magpie::with_task_group([&values, g](magpie::task_group& group) -> magpie::task<> {
      for (std::uint64_t i = 0; i < values.size(); ++i) {
        group.spawn(put_number(values[i], g * values.size() + i)).detach();
      }
      co_return;
    });
    sum = std::accumulate(values.begin(), values.end(), sum);
  }
  co_return sum;
}
inline void solve(magpie_peer& p, group_spawn_join& w) { w.result = p.runtime.block_on(open_groups(w.groups)); }

template <unsigned IdleMs>
void solve(magpie_peer& p, round_trip<IdleMs, caller::stays_out>& w) {
  w.got = p.runtime.spawn(number(w.small_task(w.sent))).get();
}
template <unsigned IdleMs>
void solve(magpie_peer& p, round_trip<IdleMs, caller::takes_part>& w) {
  w.got = p.runtime.block_on(number(w.small_task(w.sent)));
}

}  // namespace perf
