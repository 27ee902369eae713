#pragma once

#include <magpie/cancellation.hpp>
#include <magpie/clock.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "peers/magpie/magpie_peer.hpp"
#include "peers/magpie/magpie_spawning.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

/// Timers and cancellation, in coroutines; and the templates of the pool's costs.
namespace perf {

template <std::uint64_t Pending>
magpie::task<> arm_and_disarm(timer_arm_disarm<Pending>& w) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::vector<magpie::join_handle<void>> others;
  others.reserve(w.pending - 1);
  // At many times, none of which comes.
  for (std::uint64_t i = 1; i < w.pending; ++i) {
    others.push_back(runtime.spawn(magpie::sleep_for(std::chrono::seconds(1000 + i % 1000))));
  }
  for (int i = 0; i < 3; ++i) co_await magpie::yield();  // each of them sleeps
  const auto began = std::chrono::steady_clock::now();
  w.result = 0;
  for (std::uint64_t i = 0; i < w.count; ++i) {
    w.result += co_await magpie::with_timeout(std::chrono::hours(1), number(1));
  }
  w.taken = std::chrono::steady_clock::now() - began;
  for (auto& each : others) each.cancel();
  for (auto& each : others) co_await magpie::as_outcome(std::move(each));
}
template <std::uint64_t Pending>
void solve(magpie_peer& p, timer_arm_disarm<Pending>& w) {
  p.runtime.block_on(arm_and_disarm(w));
}

inline magpie::task<> sleep_and_count(magpie::clock::time_point until, std::atomic<std::uint64_t>& fired) {
  co_await magpie::sleep_until(until);
  fired.fetch_add(1, std::memory_order_relaxed);
}
template <std::uint64_t Timers>
magpie::task<> all_fire(timer_fire<Timers>& w) {
  const magpie::clock::time_point due = magpie::clock::now() + w.ahead;
  w.due = std::chrono::steady_clock::now() + w.ahead;
  std::atomic<std::uint64_t> fired{0};
  co_await magpie::with_task_group([&](magpie::task_group& group) -> magpie::task<> {
    for (std::uint64_t i = 0; i < w.timers; ++i) group.spawn(sleep_and_count(due, fired)).detach();
    for (int i = 0; i < 3; ++i) co_await magpie::yield();  // each of them sleeps
    w.armed = std::chrono::steady_clock::now();
  });
  w.last = std::chrono::steady_clock::now();
  w.fired = fired.load();
}
template <std::uint64_t Timers>
void solve(magpie_peer& p, timer_fire<Timers>& w) {
  p.runtime.block_on(all_fire(w));
}

inline magpie::task<> sleep_for_ever(std::atomic<std::uint64_t>& completed) {
  co_await magpie::sleep_until(magpie::never);
  completed.fetch_add(1, std::memory_order_relaxed);
}
template <std::uint64_t Tasks>
magpie::task<> all_are_cancelled(cancelling<Tasks>& w) {
  std::atomic<std::uint64_t> completed{0};
  std::chrono::steady_clock::time_point began;
  co_await magpie::with_task_group([&](magpie::task_group& group) -> magpie::task<> {
    for (std::uint64_t i = 0; i < w.tasks; ++i) group.spawn(sleep_for_ever(completed)).detach();
    co_await magpie::sleep_for(std::chrono::milliseconds(1));
    for (int i = 0; i < 3; ++i) co_await magpie::yield();  // each of them sleeps
    w.active = group.active();
    began = std::chrono::steady_clock::now();
    group.cancel();
  });
  w.taken = std::chrono::steady_clock::now() - began;
  w.completed = completed.load();
}
template <std::uint64_t Tasks>
void solve(magpie_peer& p, cancelling<Tasks>& w) {
  p.runtime.block_on(all_are_cancelled(w));
}

template <unsigned Senders>
magpie::task<> report_to(typename spawn_outside<Senders>::progress& progress, std::uint64_t i) {
  progress.ran(i);
  co_return;
}
template <unsigned Senders>
void solve(magpie_peer& p, spawn_outside<Senders>& w) {
  w.run([&p](auto& progress, std::uint64_t i) { p.runtime.spawn(report_to<Senders>(progress, i)).detach(); });
}

inline magpie::task<> count_one(std::atomic<std::uint64_t>& ran) {
  ran.fetch_add(1, std::memory_order_relaxed);
  co_return;
}
template <std::uint64_t Tasks>
magpie::task<> spawn_all(std::atomic<std::uint64_t>& ran) {
  co_await magpie::with_task_group([&ran](magpie::task_group& group) -> magpie::task<> {
    for (std::uint64_t i = 0; i < Tasks; ++i) group.spawn(count_one(ran)).detach();
    co_return;
  });
}
template <std::uint64_t Tasks>
void solve(magpie_peer& p, memory_spawned<Tasks>& w) {
  std::atomic<std::uint64_t> ran{0};
  p.runtime.block_on(spawn_all<Tasks>(ran));
  w.result = ran.load();
}

}  // namespace perf
