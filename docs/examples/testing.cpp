// What docs/guide/testing.md quotes.
#include <magpie/magpie.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

using magpie::gather;
using magpie::join_handle;
using magpie::sleep_for;
using magpie::task;
using magpie::testing::deadlock;
using magpie::testing::virtual_runtime;
using namespace std::chrono_literals;

#define CHECK(condition) ((condition) ? void() : (std::printf("line %d: %s\n", __LINE__, #condition), std::exit(1)))

// A program: asks again after 1, 2, 4, ... seconds.
template <class Request>
task<int> patiently(Request request, int tries) {
  for (auto pause = 1s;; pause *= 2) {
    try {
      co_return co_await request();
    } catch (const std::runtime_error&) {
      if (--tries == 0) throw;
    }
    co_await sleep_for(pause);
  }
}

void test_patience() {
  virtual_runtime rt{{.seed = 1}};
  int calls = 0;
  auto fails_thrice = [&]() -> task<int> {
    if (++calls <= 3) throw std::runtime_error("busy");
    co_return 42;
  };
  CHECK(rt.block_on(patiently(fails_thrice, 5)) == 42);
  CHECK(rt.elapsed() == 7s);  // 1 + 2 + 4, in no time
}

// A program with a mistake: others run between the look and the change.
struct account {
  int money = 100;
  task<> withdraw(int amount) {
    if (money < amount) co_return;
    co_await sleep_for(1ms);  // asks the bank
    money -= amount;
  }
};

bool survives(std::uint64_t seed) {
  virtual_runtime rt{{.seed = seed, .workers = 4}};
  account a;
  auto later = [&]() -> task<> {
    co_await sleep_for(1ms);
    co_await a.withdraw(80);
  };
  rt.block_on(gather(a.withdraw(80), later));
  return a.money >= 0;
}

void test_account() {
  std::uint64_t failed = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    if (!survives(seed)) failed = seed;
  }
  CHECK(failed != 0);        // found within a hundred schedules
  CHECK(!survives(failed));  // and again, each time
}

task<> wait_for(join_handle<void>& other) {
  co_await sleep_for(1s);
  co_await other;
}

void test_deadlock() {
  virtual_runtime rt;
  join_handle<void> ping;
  join_handle<void> pong;
  ping = rt.spawn(wait_for(pong), {.name = "ping"});
  pong = rt.spawn(wait_for(ping), {.name = "pong"});
  try {
    rt.block_on(sleep_for(2s));
    rt.block_on(magpie::sleep_until(magpie::never));
  } catch (const deadlock& e) {
    std::puts(e.what());
    CHECK(std::string(e.what()).find("waits for a join_handle of 'pong'") != std::string::npos);
  }
  ping.cancel();
  rt.block_on(sleep_for(1s));
  CHECK(pong.ready());
}

int main() {
  test_patience();
  test_account();
  test_deadlock();
}
