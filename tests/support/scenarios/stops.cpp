#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/sleep.hpp>
#include <magpie/timeout.hpp>

#include "support/scenarios/scenarios.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace magpie_test {
namespace {

using magpie::runtime;
using magpie::task;
using namespace std::chrono_literals;

/// It polls.
task<int> busy(witness w = witness(1)) {
  for (;;) {
    co_await magpie::checkpoint();
    if (w.value() != 1) co_return 0;
  }
}

template <class Error, class A>
void ends_with(runtime& rt, A&& awaited, const char* what) {
  try {
    static_cast<void>(rt.block_on(std::forward<A>(awaited)));
  } catch (const Error&) {
    return;
  }
  require(false, what);
}

void passed(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(100us, until_stopped()), "a deadline passes");
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(100us, busy()), "a deadline passes for one that polls");
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(0us, until_stopped()), "a deadline that has passed");
  }
}

void kept(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    for (int i = 0; i < n; ++i) {
      const int got = co_await magpie::with_timeout(1h, later(i));
      require(got == i, "a value before its deadline");
    }
  }(size));
}

void nested(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    auto inner = []() -> task<int> { co_return co_await magpie::with_timeout(100us, until_stopped()); };
    auto outer = [inner]() -> task<int> {
      try {
        co_return co_await magpie::with_timeout(1h, inner());
      } catch (const magpie::timed_out&) {
        co_return 4;
      }
    };
    require(rt.block_on(outer()) == 4, "the inner deadline");
  }
}

void moved(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    ends_with<magpie::timed_out>(rt,
                                 magpie::with_deadline_scope(magpie::never,
                                                             [](magpie::deadline_scope& s) -> task<> {
                                                               s.reschedule(magpie::clock::now() + 1h);
                                                               co_await magpie::yield();
                                                               s.reschedule(magpie::clock::now() + 50us);
                                                               co_await magpie::sleep_until(magpie::never);
                                                             }),
                                 "a deadline that was moved");
  }
}

void sleepers(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    std::vector<task<>> all;
    const auto start = magpie::clock::now();
    for (int i = 0; i < n; ++i) {
      auto sleeps = [](std::chrono::microseconds time, magpie::clock::time_point began) -> task<> {
        co_await magpie::sleep_for(time);
        require(magpie::clock::now() - began >= time, "a sleep is not too short");
      };
      all.push_back(sleeps(std::chrono::microseconds(i * 37 % 500), start));
    }
    co_await magpie::gather(std::move(all));
  }(size));
}

void shielded(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    int inside = 0;
    auto body = [](int& n) -> task<> {
      n = co_await magpie::shield(later(3));
      co_await magpie::sleep_until(magpie::never);
    };
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(0us, magpie::as_outcome(until_stopped())),
                                 "an outcome stopped");
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(200us, body(inside)), "a shield lets the deadline pass");
    auto with_grace = []() -> task<int> { co_return co_await magpie::shield(until_stopped(), 50us); };
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(50us, with_grace()), "a shield with a grace");
  }
}

void cleaned(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    int cleanups = 0;
    auto cleanup = [&cleanups]() -> task<> {
      co_await magpie::yield();
      ++cleanups;
    };
    require(rt.block_on(magpie::finally(later(2), cleanup)) == 2, "the value of finally");
    ends_with<planned_error>(rt, magpie::finally(fails(), cleanup), "the error of finally");
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(50us, magpie::finally(until_stopped(), cleanup)),
                                 "a stopped finally");
    require(cleanups == 3, "each clean-up ran");
  }
}

void tokens(runtime& rt, int size) {
  for (int i = 0; i < size; i += 8) {
    std::stop_source theirs;
    magpie::stop_source ours;
    auto stops = [&]() -> task<> {
      co_await magpie::yield();
      theirs.request_stop();
      ours.request_stop();
    };
    auto [a, b, c] = rt.block_on(
        magpie::gather(magpie::as_outcome(magpie::with_stop_token(theirs.get_token(), until_stopped())),
                       magpie::as_outcome(magpie::with_stop_token(ours.get_token(), until_stopped())), stops()));
    static_cast<void>(c);
    for (auto* o : {&a, &b}) {
      try {
        static_cast<void>(o->value());
        require(false, "a stop by a token");
      } catch (const magpie::task_cancelled&) {
      }
    }
  }
}

void callbacks(runtime& rt, int size) {
  std::atomic<int> called{0};
  for (int i = 0; i < size; i += 4) {
    called = 0;
    auto listens = [&]() -> task<> {
      const magpie::stop_token token = co_await magpie::get_stop_token();
      magpie::stop_callback heard(token, [&] { called.fetch_add(1); });
      co_await magpie::sleep_until(magpie::never);
    };
    auto h = rt.spawn(listens);
    while (called.load() == 0 && !h.ready()) {
      h.cancel();
      std::this_thread::yield();
    }
    h.wait();
    auto o = h.take();
    if (o.has_error()) o.value();
    require(o.is_cancelled(), "a task with a callback is stopped");
  }
}

/// A callback is destroyed while another thread is in it: the destructor returns when the call has. Nothing is left to
/// chance: the call goes on until it sees that it was not waited for, or there was time enough to see it.
void callback_is_waited_for(runtime&, int size) {
  for (int i = 0; i < size; i += 32) {
    magpie::stop_source source;
    std::atomic<bool> inside{false};
    std::atomic<bool> leaving{false};
    std::atomic<bool> gone{false};
    std::atomic<bool> gone_too_early{false};
    const auto call = [&] {
      inside = true;
      while (!leaving) std::this_thread::yield();
      for (const auto until = std::chrono::steady_clock::now() + 10ms; std::chrono::steady_clock::now() < until;) {
        if (gone) gone_too_early = true;
        if (gone) return;
        std::this_thread::yield();
      }
    };
    std::optional<magpie::stop_callback<decltype(call)>> heard(std::in_place, source.get_token(), call);
    foreign_threads stops(1, [&](int) { source.request_stop(); });
    while (!inside) std::this_thread::yield();
    leaving = true;
    heard.reset();
    gone = true;
    stops.end();
    require(!gone_too_early, "who destroys a callback waits for its call");
  }
}

void tree(runtime& rt, int size) {
  struct node {
    static task<> of(int depth, witness w) {
      if (depth == 0) {
        co_await magpie::sleep_until(magpie::never);
      } else {
        co_await magpie::gather(of(depth - 1, w), of(depth - 1, w));
      }
    }
  };
  const int depth = size < 10 ? 2 : 7;
  for (int i = 0; i < size; i += 16) {
    ends_with<magpie::timed_out>(rt, magpie::with_timeout(200us, node::of(depth, witness(1))), "a tree is stopped");
  }
}

constexpr scenario list[] = {
    {"deadline_passed", passed},   {"deadline_kept", kept},
    {"deadline_nested", nested},   {"deadline_moved", moved},
    {"sleepers", sleepers},        {"shield", shielded},
    {"finally", cleaned},          {"stop_tokens", tokens},
    {"stop_callbacks", callbacks}, {"stop_callback_waited_for", callback_is_waited_for, true},
    {"stop_tree", tree},
};

}  // namespace

std::span<const scenario> stop_scenarios() { return list; }

}  // namespace magpie_test
