#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/generator.hpp>
#include <magpie/outcome.hpp>
#include <magpie/sync.hpp>
#include <magpie/timeout.hpp>

#include "support/scenarios/scenarios.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <utility>

namespace magpie_test {
namespace {

using magpie::runtime;
using magpie::task;
using namespace std::chrono_literals;

constexpr int users = 4;

/// `users` tasks of `make(i)`, together.
template <class Make>
void together(runtime& rt, Make make) {
  std::vector<task<>> all;
  for (int i = 0; i < users; ++i) all.push_back(make(i));
  rt.block_on(magpie::gather(std::move(all)));
}

void channel_of(runtime& rt, int size, std::size_t capacity) {
  magpie::channel<witness> c(capacity);
  std::atomic<int> sum{0};
  std::atomic<int> senders{2};
  together(rt, [&](int who) -> task<> {
    if (who < 2) {
      for (int i = 0; i < size; ++i) co_await c.send(witness(i));
      if (senders.fetch_sub(1) == 1) c.close();
    } else {
      while (std::optional<witness> got = co_await c.receive()) sum.fetch_add(got->value());
    }
  });
  require(sum.load() == size * (size - 1), "what was sent is received once");
}
void channel(runtime& rt, int size) { channel_of(rt, size, 3); }
void rendezvous(runtime& rt, int size) { channel_of(rt, size, 0); }

void channel_stopped(runtime& rt, int size) {
  magpie::channel<witness> c(1);
  int got = 0;
  rt.block_on([](magpie::channel<witness>& from, int& received, int n) -> task<> {
    for (int i = 0; i < n; i += 4) {
      const auto o = co_await magpie::as_outcome(magpie::with_timeout(30us, from.receive()));
      if (o.has_error()) {
        try {
          std::rethrow_exception(o.error());
        } catch (const magpie::timed_out&) {
        }
      } else {
        ++received;
      }
      co_await from.send(witness(i));
      const std::optional<witness> back = co_await from.receive();
      require(back && back->value() == i, "a stopped receive took nothing");
    }
  }(c, got, size));
  require(got == 0, "there was nothing to receive");
}

void mutexes(runtime& rt, int size) {
  magpie::mutex m;
  int shared = 0;
  together(rt, [&](int) -> task<> {
    for (int i = 0; i < size; ++i) {
      const auto guard = co_await m.lock();
      ++shared;
      if (i % 8 == 0) co_await magpie::yield();
    }
  });
  require(shared == users * size, "a mutex keeps others out");
}

void shared_mutexes(runtime& rt, int size) {
  magpie::shared_mutex m;
  int a = 0;
  int b = 0;
  together(rt, [&](int who) -> task<> {
    for (int i = 0; i < size; ++i) {
      if (who == 0) {
        const auto guard = co_await m.lock();
        ++a;
        co_await magpie::yield();
        ++b;
      } else {
        const auto guard = co_await m.lock_shared();
        require(a == b, "readers see no half of a write");
      }
    }
  });
  require(a == size && b == size, "each write");
}

void semaphores(runtime& rt, int size) {
  magpie::semaphore s(2);
  std::atomic<int> inside{0};
  together(rt, [&](int who) -> task<> {
    for (int i = 0; i < size; ++i) {
      if (who == 3) {
        // It gives up at times; no permit is lost.
        const auto o = co_await magpie::as_outcome(magpie::with_timeout(20us, s.acquire()));
        if (!o.has_error()) continue;
        try {
          std::rethrow_exception(o.error());
        } catch (const magpie::timed_out&) {
        }
      } else {
        const auto permit = co_await s.acquire();
        require(inside.fetch_add(1) < 2, "two at most");
        co_await magpie::yield();
        inside.fetch_sub(1);
      }
    }
  });
  auto one = s.try_acquire();
  auto two = s.try_acquire();
  require(one && two, "all permits are back");
}

void events(runtime& rt, int size) {
  magpie::event ping;
  magpie::event pong;
  auto first = [&]() -> task<> {
    for (int i = 0; i < size; ++i) {
      ping.set();
      co_await pong.wait();
      pong.reset();
    }
  };
  auto second = [&]() -> task<> {
    for (int i = 0; i < size; ++i) {
      co_await ping.wait();
      ping.reset();
      pong.set();
    }
  };
  rt.block_on(magpie::gather(first(), second()));
}

void latches(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    magpie::latch l(users);
    std::atomic<int> before{0};
    together(rt, [&](int) -> task<> {
      co_await magpie::yield();
      before.fetch_add(1);
      l.count_down();
      co_await l.wait();
      require(before.load() == users, "a latch waits for all");
    });
  }
}

void barriers(runtime& rt, int size) {
  int phases = 0;
  magpie::barrier b(users, [&] { ++phases; });
  std::atomic<int> at{0};
  together(rt, [&](int) -> task<> {
    for (int i = 0; i < size; ++i) {
      at.fetch_add(1);
      co_await b.arrive_and_wait();
      require(at.load() >= users * (i + 1), "a barrier waits for all");
      co_await b.arrive_and_wait();
    }
  });
  require(phases == 2 * size, "each phase is completed once");
}

magpie::generator<witness> counts(int n) {
  for (int i = 0; i < n; ++i) {
    if (i % 3 == 0) co_await magpie::yield();
    co_yield witness(i);
  }
}
void generators(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    auto g = counts(n);
    int next = 0;
    while (const witness* w = co_await g.next()) require(w->value() == next++, "the order of a generator");
    require(next == n, "all of a generator");
    auto broken_off = counts(n);
    static_cast<void>(co_await broken_off.next());
  }(size));
}

constexpr scenario list[] = {
    {"channel", channel},
    {"rendezvous", rendezvous},
    {"channel_stopped", channel_stopped},
    {"mutex", mutexes},
    {"shared_mutex", shared_mutexes},
    {"semaphore", semaphores},
    {"event", events},
    {"latch", latches},
    {"barrier", barriers},
    {"generator", generators},
};

}  // namespace

std::span<const scenario> sync_scenarios() { return list; }

}  // namespace magpie_test
