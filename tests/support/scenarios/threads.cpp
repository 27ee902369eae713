#include <magpie/completion.hpp>
#include <magpie/event.hpp>
#include <magpie/gather.hpp>

#include "support/gate.hpp"
#include "support/scenarios/scenarios.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace magpie_test {
namespace {

using magpie::runtime;
using magpie::task;
using namespace std::chrono_literals;

task<int> sum_to(int n) {
  if (n == 0) co_return 0;
  auto [below, me] = co_await magpie::gather(sum_to(n - 1), later(n));
  co_return below + me;
}

void block_on(runtime& rt, int size) {
  foreign_threads(4, [&](int who) {
    for (int i = 0; i < size / 2; ++i) {
      const int n = (i + who) % 6;
      require(rt.block_on(sum_to(n)) == n * (n + 1) / 2, "block_on from many threads");
    }
  }).end();
}

void waiters(runtime& rt, int size) {
  foreign_threads(4, [&](int who) {
    for (int i = 0; i < size / 2; ++i) {
      const int n = (i + who) % 4;
      auto h = rt.spawn(n % 2 == 0 ? number(n) : sum_to(n));
      if (i % 5 == 0) h.cancel();
      try {
        require(h.get() == (n % 2 == 0 ? n : n * (n + 1) / 2), "get() from many threads");
      } catch (const magpie::task_cancelled&) {
        require(i % 5 == 0, "who is not cancelled ends with a value");
      }
    }
  }).end();
}

void waiters_at_the_end(runtime&, int size) {
  for (int i = 0; i < size; i += 8) {
    auto own = std::make_unique<runtime>(magpie::runtime_options{.workers = 2 + static_cast<unsigned>(i) % 3});
    std::vector<magpie::join_handle<int>> handles;
    for (int n = 0; n < 6; ++n) handles.push_back(own->spawn(n % 3 == 0 ? later(n) : number(n)));
    foreign_threads waiting(2, [&](int who) {
      for (int n = who; n < 6; n += 2) {
        try {
          require(handles[static_cast<std::size_t>(n)].get() == n, "get() beside the end");
        } catch (const magpie::task_cancelled&) {
          // The end came first.
        }
      }
    });
    own.reset();
    waiting.end();
  }
}

void wakers(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    gate g;
    auto waits = [&]() -> task<int> {
      co_await g.opened();
      co_return 2;
    };
    auto h = rt.spawn(magpie::gather(waits(), waits(), later(1)));
    foreign_threads opener(1, [&](int) { g.open(); });
    auto [a, b, c] = h.get();
    opener.end();
    require(a + b + c == 5, "tasks that a thread outside wakes");
  }
}

void setters(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    magpie::completion<int> c;
    magpie::event e;
    auto waits = [&]() -> task<int> {
      co_await e.wait();
      co_return co_await c.wait();
    };
    auto h = rt.spawn(magpie::gather(waits(), waits()));
    std::atomic<int> winners{0};
    foreign_threads(3, [&](int who) {
      e.set();
      if (c.set_value(who)) winners.fetch_add(1);
    }).end();
    auto [a, b] = h.get();
    require(winners.load() == 1 && a == b, "one of three sets a completion");
  }
}

void shutdown(runtime&, int size) {
  for (int i = 0; i < size; i += 16) {
    runtime own{{.workers = 2}};
    auto slow = own.spawn(until_stopped(), {.name = "slow"});
    auto fast = own.spawn(later(1), {.name = "fast"});
    std::atomic<int> accepted{0};
    foreign_threads spawners(2, [&](int) {
      try {
        for (int n = 0; n < 100; ++n) {
          own.spawn(later(n)).detach();
          accepted.fetch_add(1);
        }
      } catch (const magpie::usage_error&) {
      }
    });
    const magpie::shutdown_report report = own.shutdown(1ms);
    spawners.end();
    require(report.cancelled >= 1 && slow.ready() && fast.ready(), "shutdown waits for all");
  }
}

void churn(runtime&, int size) {
  for (int i = 0; i < size; i += 8) {
    std::vector<magpie::join_handle<int>> handles;
    {
      runtime own{{.workers = 1 + static_cast<unsigned>(i) % 4}};
      for (int n = 0; n < 4; ++n) handles.push_back(own.spawn(n % 2 == 0 ? until_stopped() : later(n)));
    }
    for (auto& h : handles) require(h.ready(), "the end of a runtime ends its tasks");
  }
}

void handles_across(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    auto h = std::make_unique<magpie::join_handle<int>>(rt.spawn(later(i)));
    foreign_threads(1, [&](int) { require(h->get() == i, "a handle on another thread"); }).end();
    auto stopped = rt.spawn(until_stopped());
    foreign_threads canceller(1, [&](int) { stopped.cancel(); });
    canceller.end();
    stopped.wait();
  }
}

void dumps(runtime& rt, int size) {
  auto h = rt.spawn(magpie::gather(until_stopped(), until_stopped()), {.name = "one to see"});
  for (int i = 0; i < size; ++i) {
    std::ostringstream out;
    rt.dump(out);
    require(out.str().find("magpie runtime") != std::string::npos, "dump");
    require(rt.block_on(later(i)) == i, "a task beside dump");
  }
  h.cancel();
  h.wait();
}

constexpr scenario list[] = {
    {"block_on_from_threads", block_on, true},
    {"waiters", waiters, true},
    {"waiters_at_the_end", waiters_at_the_end, true},
    {"foreign_wakers", wakers, true},
    {"foreign_setters", setters, true},
    {"shutdown", shutdown, true},
    {"runtime_churn", churn},
    {"handles_across_threads", handles_across, true},
    {"dump", dumps},
};

}  // namespace

std::span<const scenario> thread_scenarios() { return list; }

}  // namespace magpie_test
