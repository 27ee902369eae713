#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/race.hpp>

#include "support/scenarios/scenarios.hpp"

#include <ranges>
#include <utility>

namespace magpie_test {
namespace {

using magpie::runtime;
using magpie::task;

task<int> fib(int n, witness w) {
  if (n < 2) co_return n;
  auto [a, b] = co_await magpie::gather(fib(n - 1, w), fib(n - 2, w));
  co_return a + b;
}
int plain_fib(int n) { return n < 2 ? n : plain_fib(n - 1) + plain_fib(n - 2); }

void pairs(runtime& rt, int size) {
  const int n = size < 10 ? 3 : 14;
  require(rt.block_on(fib(n, witness(n))) == plain_fib(n), "fib");
}

void range(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    std::vector<task<int>> tasks;
    for (int i = 0; i < n; ++i) tasks.push_back(later(i));
    const std::vector<int> got = co_await magpie::gather(std::move(tasks));
    for (int i = 0; i < n; ++i) require(got[static_cast<std::size_t>(i)] == i, "the order of a gather's results");
  }(size));
}

void shapes(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    auto [ab, c] = rt.block_on(magpie::gather(magpie::gather(later(i), number(2)), magpie::gather(number(3))));
    require(std::get<0>(ab) == i && std::get<1>(ab) == 2 && std::get<0>(c) == 3, "a gather of gathers");
  }
}

void limited(runtime& rt, int size) {
  auto make = [](int i) { return later(i); };
  const std::vector<int> got =
      rt.block_on(magpie::gather(magpie::limit{3}, std::views::iota(0, size) | std::views::transform(make)));
  for (int i = 0; i < size; ++i) require(got[static_cast<std::size_t>(i)] == i, "a gather with a limit");
}

void outcomes(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    std::vector<task<int>> tasks;
    for (int i = 0; i < n; ++i) tasks.push_back(i % 3 == 0 ? fails() : later(i));
    auto got = co_await magpie::gather_outcomes(std::move(tasks));
    for (int i = 0; i < n; ++i) {
      auto& o = got[static_cast<std::size_t>(i)];
      if (i % 3 == 0) {
        require(o.has_error(), "an outcome that is an error");
        try {
          static_cast<void>(o.value());
        } catch (const planned_error&) {
        }
      } else {
        require(o.value() == i, "an outcome that is a value");
      }
    }
  }(size));
}

void failure(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    try {
      rt.block_on(magpie::gather(until_stopped(), fails(), until_stopped()));
      require(false, "a gather with a failure has no results");
    } catch (const planned_error&) {
    }
  }
}

void owned_handles(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    std::vector<magpie::join_handle<int>> handles;
    for (int i = 0; i < n; ++i) handles.push_back(here.spawn(later(i)));
    const std::vector<int> got = co_await magpie::gather(std::move(handles));
    for (int i = 0; i < n; ++i) require(got[static_cast<std::size_t>(i)] == i, "a gather of handles");
  }(size));
}

void borrowed_handles(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    for (int i = 0; i < n; i += 4) {
      auto a = here.spawn(later(1));
      auto b = here.spawn(later(2));
      auto [x, y, z] = co_await magpie::gather(a, b, later(3));
      require(x == 1 && y == 2 && z == 3, "a gather over borrowed handles");
    }
  }(size));
}

void races(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    const auto won = rt.block_on(magpie::race(until_stopped(), later(5), until_stopped()));
    require(won.index() == 1 && std::get<1>(won) == 5, "a race");
  }
}

void race_of_range(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    std::vector<task<int>> tasks;
    for (int i = 0; i < n; ++i) tasks.push_back(i == n / 2 ? later(i) : until_stopped());
    const auto [who, what] = co_await magpie::race(std::move(tasks));
    require(static_cast<int>(who) == n / 2 && what == n / 2, "a race of a range");
  }(size));
}

void first_success(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    const auto won = rt.block_on(magpie::first_success(fails(), later(5), fails()));
    require(won.index() == 1 && std::get<1>(won) == 5, "the first success");
    try {
      rt.block_on(magpie::first_success(fails(), fails()));
      require(false, "of two failures");
    } catch (const magpie::exception_group& all) {
      if (all.find<std::bad_alloc>() != nullptr) throw;
      require(all.exceptions().size() == 2, "both failures");
    }
  }
}

task<int> deep(int n, witness w) {
  if (n == 0) co_return w.value();
  co_return co_await deep(n - 1, w);
}
void chains(runtime& rt, int size) { require(rt.block_on(deep(size, witness(9))) == 9, "a chain of awaits"); }

void as_outcome(runtime& rt, int size) {
  for (int i = 0; i < size; i += 4) {
    auto [a, b] = rt.block_on(magpie::gather(magpie::as_outcome(later(1)), magpie::as_outcome(fails())));
    require(a.has_value() && a.value() == 1, "as_outcome of a value");
    require(b.has_error(), "as_outcome of an error");
    try {
      static_cast<void>(b.value());
    } catch (const planned_error&) {
    }
  }
}

constexpr scenario list[] = {
    {"gather_pairs", pairs},
    {"gather_range", range},
    {"gather_shapes", shapes},
    {"gather_limited", limited},
    {"gather_outcomes", outcomes},
    {"gather_failure", failure},
    {"gather_owned_handles", owned_handles},
    {"gather_borrowed_handles", borrowed_handles},
    {"race", races},
    {"race_of_range", race_of_range},
    {"first_success", first_success},
    {"chain", chains},
    {"as_outcome", as_outcome},
};

}  // namespace

std::span<const scenario> gather_scenarios() { return list; }

}  // namespace magpie_test
