#include <magpie/as_completed.hpp>
#include <magpie/event.hpp>
#include <magpie/gather.hpp>
#include <magpie/limit.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>

#include "peers/magpie/magpie_forms.hpp"

#include <atomic>
#include <cstdint>
#include <numeric>
#include <ranges>
#include <utility>
#include <vector>

/// Tasks that wait for each other.
namespace perf {
namespace {

using magpie::task;

task<> nothing() { co_return; }

task<std::uint64_t> first_of(std::uint64_t rounds) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t there = 0;
  std::vector<magpie::join_handle<void>> handles;
  for (std::uint64_t i = 1; i < wait_any::handles; ++i) {
    handles.push_back(runtime.spawn(magpie::sleep_until(magpie::never)));
  }
  for (std::uint64_t r = 0; r < rounds; ++r) {
    handles.push_back(runtime.spawn(nothing()));
    there += co_await magpie::wait_any(handles) == wait_any::handles - 1 ? 1 : 0;
    handles.pop_back();
  }
  for (auto& h : handles) h.cancel();
  co_await magpie::wait(handles);
  co_return there;
}

task<std::uint64_t> in_order_of_completion(std::uint64_t rounds) {
  magpie::runtime& runtime = co_await magpie::get_runtime();
  std::uint64_t sum = 0;
  for (std::uint64_t r = 0; r < rounds; ++r) {
    std::vector<magpie::join_handle<std::uint64_t>> handles;
    handles.reserve(as_completed::handles);
    for (std::uint64_t i = 0; i < as_completed::handles; ++i) handles.push_back(runtime.spawn(number(i)));
    auto stream = magpie::as_completed(handles);
    while (auto* const h = co_await stream.next()) sum += h->get();
  }
  co_return sum;
}

task<std::uint64_t> play(magpie::event& mine, magpie::event& others, std::uint64_t rounds) {
  std::uint64_t turns = 0;
  for (; turns < rounds; ++turns) {
    co_await mine.wait();
    mine.reset();
    others.set();
  }
  co_return turns;
}
task<std::uint64_t> both_play(std::uint64_t rounds) {
  magpie::event ping;
  magpie::event pong;
  ping.set();
  auto [a, b] = co_await magpie::gather(play(ping, pong, rounds), play(pong, ping, rounds));
  co_return a + b;
}

task<std::uint64_t> yields(std::uint64_t count) {
  std::uint64_t done = 0;
  for (; done < count; ++done) co_await magpie::yield();
  co_return done;
}
task<std::uint64_t> all_yield(std::uint64_t each) {
  std::vector<task<std::uint64_t>> tasks;
  tasks.reserve(yielding::tasks);
  for (std::uint64_t i = 0; i < yielding::tasks; ++i) tasks.push_back(yields(each));
  const std::vector<std::uint64_t> done = co_await magpie::gather(std::move(tasks));
  co_return std::accumulate(done.begin(), done.end(), std::uint64_t{0});
}

task<> meets(stealing& w) {
  w.meet();
  co_return;
}
task<> both_meet(stealing& w) {
  w.forks();
  co_await magpie::gather(meets(w), meets(w));
}

template <class F>
task<> calls(F f) {
  f();
  co_return;
}

task<> adds(std::atomic<std::uint64_t>& sum, std::uint64_t i) {
  sum.fetch_add(i, std::memory_order_relaxed);
  co_return;
}
task<> many_add(std::atomic<std::uint64_t>& sum) {
  co_await magpie::gather(magpie::limit{memory_gather_limit::at_once},
                          std::views::iota(std::uint64_t{0}, memory_gather_limit::tasks) |
                              std::views::transform([&sum](std::uint64_t i) { return adds(sum, i); }));
}

}  // namespace

void solve(magpie_peer& p, wait_any& w) { w.result = p.runtime.block_on(first_of(w.rounds)); }
void solve(magpie_peer& p, as_completed& w) { w.result = p.runtime.block_on(in_order_of_completion(w.rounds)); }
void solve(magpie_peer& p, ping_pong& w) { w.result = p.runtime.block_on(both_play(w.rounds)); }
void solve(magpie_peer& p, yielding& w) { w.result = p.runtime.block_on(all_yield(w.each)); }
void solve(magpie_peer& p, stealing& w) { p.runtime.block_on(both_meet(w)); }

void solve(magpie_peer& p, idle_cpu& w) {
  w.run([&] { w.ran = p.runtime.block_on(gather_range_of<100>(1)) == 100 * 99 / 2; });
}
void solve(magpie_peer& p, busy_cpu& w) {
  w.run([&](auto compute) { p.runtime.block_on(calls(compute)); });
}
void solve(magpie_peer& p, memory_gather_limit& w) {
  std::atomic<std::uint64_t> sum{0};
  p.runtime.block_on(many_add(sum));
  w.result = sum.load();
}

}  // namespace perf
