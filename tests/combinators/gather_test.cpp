#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

using magpie::gather;
using magpie::runtime;
using magpie::task;
using magpie_test::gate;
using magpie_test::witness;

template <class A, class B>
constexpr bool same = std::is_same_v<A, B>;

task<int> number(int n) { co_return n; }
task<> nothing() { co_return; }
task<int> late(int n, int turns) {
  for (int i = 0; i < turns; ++i) co_await magpie::yield();
  co_return n;
}
task<int> fails(const char* what, int turns = 0) {
  for (int i = 0; i < turns; ++i) co_await magpie::yield();
  throw std::range_error(what);
}
/// Ends only when it is stopped.
task<int> forever(witness w = witness()) {
  for (;;) {
    witness local(w.value());
    co_await magpie::yield();
  }
}

template <class A>
std::string error_of(runtime& rt, A&& awaited) {
  try {
    static_cast<void>(rt.block_on(std::forward<A>(awaited)));
    return "none";
  } catch (const std::range_error& e) {
    return e.what();
  }
}

class gather_on : public testing::TestWithParam<unsigned> {
 protected:
  runtime rt{{.workers = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(workers, gather_on, testing::Values(1u, 2u, 4u),
                         [](const auto& p) { return std::to_string(p.param); });

TEST_P(gather_on, G1_results_stand_in_argument_order) {
  for (int round = 0; round < 50; ++round) {
    auto [a, b, c, d] = rt.block_on(gather(late(1, 5), number(2), late(3, 2), late(4, 1)));
    EXPECT_EQ(a, 1);
    EXPECT_EQ(b, 2);
    EXPECT_EQ(c, 3);
    EXPECT_EQ(d, 4);
    std::vector<task<int>> tasks;
    for (int i = 0; i < 20; ++i) tasks.push_back(late(i, (i * 7) % 5));
    const std::vector<int> results = rt.block_on(gather(std::move(tasks)));
    ASSERT_EQ(results.size(), 20u);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
  }
}

TEST_P(gather_on, G1_whatever_the_finishing_order) {
  gate first;
  auto waits = [&]() -> task<int> {
    co_await first.opened();
    co_return 1;
  };
  auto opens = [&]() -> task<int> {
    first.open();
    co_return 2;
  };
  auto [a, b] = rt.block_on(gather(waits(), opens()));
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
}

TEST_P(gather_on, G2_of_nothing_is_ready_at_once) {
  static_assert(same<decltype(rt.block_on(gather())), std::tuple<>>);
  rt.block_on(gather());
  EXPECT_TRUE(rt.block_on(gather(std::vector<task<int>>())).empty());
  rt.block_on(gather(std::vector<task<>>()));
  rt.block_on([]() -> task<> {
    co_await gather();
    const auto empty = co_await gather(std::vector<task<std::string>>());
    EXPECT_TRUE(empty.empty());
  });
}

TEST_P(gather_on, G3_the_failure_first_in_time_wins_not_first_in_argument_order) {
  for (int round = 0; round < 50; ++round) {
    // The failure later in argument order opens the gate that lets the earlier one fail.
    gate g;
    auto second = [&]() -> task<int> {
      co_await g.opened();
      throw std::range_error("second in time");
    };
    // It waits for the one who opens the gate: a failure keeps what has not started from starting.
    std::atomic<bool> started{false};
    auto first = [&]() -> task<int> {
      while (!started) co_await magpie::yield();
      throw std::range_error("first in time");
      co_return 0;
    };
    // Opened only after the first failure was noted: by a third child, when it is stopped.
    struct opens_when_it_dies {
      explicit opens_when_it_dies(gate& to_open) : opened(to_open) {}
      ~opens_when_it_dies() { opened.open(); }
      gate& opened;
    };
    auto stopped = [&]() -> task<int> {
      const opens_when_it_dies last(g);
      started = true;
      for (;;) co_await magpie::yield();
    };
    EXPECT_EQ(error_of(rt, gather(second(), stopped(), first())), "first in time");
  }
}

TEST_P(gather_on, G3_all_are_joined_before_it_throws) {
  for (int round = 0; round < 50; ++round) {
    EXPECT_EQ(error_of(rt, gather(forever(), gather(forever(), forever()), fails("x", round % 4), forever())), "x");
    EXPECT_NO_WITNESS_LEFT();
  }
}

TEST_P(gather_on, G3_siblings_that_were_not_started_are_dropped) {
  if (GetParam() != 1) GTEST_SKIP() << "with one worker it is known which have not started";
  int ran = 0;
  auto runs = [&](witness) -> task<int> {
    ++ran;
    co_return 1;
  };
  EXPECT_EQ(error_of(rt, gather(runs(witness()), fails("early"), runs(witness()), runs(witness()))), "early");
  EXPECT_EQ(ran, 1);
  EXPECT_NO_WITNESS_LEFT();

  std::vector<task<int>> tasks;
  tasks.push_back(fails("early"));
  for (int i = 0; i < 100; ++i) tasks.push_back(runs(witness()));
  EXPECT_EQ(error_of(rt, gather(std::move(tasks))), "early");
  EXPECT_EQ(ran, 1);
  EXPECT_NO_WITNESS_LEFT();
}

TEST_P(gather_on, G3_later_errors_are_counted) {
  gate g;
  auto one = [&](const char* what) -> task<int> {
    co_await g.opened();
    throw std::range_error(what);
  };
  auto opens = [&]() -> task<int> {
    while (g.waiters() < 3) co_await magpie::yield();
    g.open();
    co_return 0;
  };
  const std::uint64_t before = rt.metrics().errors_dropped;
  EXPECT_THROW(static_cast<void>(rt.block_on(gather(one("a"), one("b"), one("c"), opens()))), std::range_error);
  EXPECT_EQ(rt.metrics().errors_dropped - before, 2u);
}

TEST_P(gather_on, G3_a_failure_stops_what_is_nested_below_its_siblings) {
  auto deep = [](auto& self, int depth) -> task<int> {
    witness local;
    if (depth == 0) co_return co_await forever();
    if (depth % 2 == 0) {
      auto [a, b] = co_await gather(self(self, depth - 1), number(1));
      co_return a + b;
    }
    const int n = co_await self(self, depth - 1);
    co_return n;
  };
  EXPECT_EQ(error_of(rt, gather(deep(deep, 20), fails("stop", 10))), "stop");
  EXPECT_NO_WITNESS_LEFT();
}

TEST_P(gather_on, G5_a_child_that_ends_cancelled_by_itself) {
  auto cancels = []() -> task<int> {
    throw magpie::task_cancelled();
    co_return 0;
  };
  EXPECT_THROW(static_cast<void>(rt.block_on(gather(cancels(), forever()))), magpie::task_cancelled);
  rt.block_on([&]() -> task<> { EXPECT_THROW(co_await gather(forever(), cancels()), magpie::task_cancelled); });
  EXPECT_NO_WITNESS_LEFT();
}

TEST_P(gather_on, a_task_goes_on_after_a_gather_that_failed) {
  const int sum = rt.block_on([]() -> task<int> {
    int caught = 0;
    for (int i = 0; i < 20; ++i) {
      try {
        co_await gather(fails("x"), forever());
      } catch (const std::range_error&) {
        ++caught;
      }
      co_await magpie::yield();
      auto [a, b] = co_await gather(number(1), number(2));
      caught += a + b - 3;
    }
    co_return caught;
  });
  EXPECT_EQ(sum, 20);
  EXPECT_NO_WITNESS_LEFT();
}

TEST_P(gather_on, G11_nesting_keeps_its_shape) {
  auto nested = rt.block_on(gather(gather(number(1), late(2, 3)), number(3)));
  static_assert(same<decltype(nested), std::tuple<std::tuple<int, int>, int>>);
  EXPECT_EQ(nested, std::make_tuple(std::make_tuple(1, 2), 3));

  auto mixed = rt.block_on(gather(gather(), gather(nothing(), gather(number(4))), number(5)));
  static_assert(same<decltype(mixed), std::tuple<std::tuple<>, std::tuple<std::monostate, std::tuple<int>>, int>>);
  EXPECT_EQ(std::get<0>(std::get<1>(std::get<1>(mixed))), 4);
}

task<int> sum_of(auto gathered) {
  auto [a, b, c, d] = co_await std::move(gathered);
  co_return a + b + c + d;
}

task<int> tree(int depth) {
  if (depth == 0) co_return 1;
  auto [a, b, c, d] = co_await gather(tree(depth - 1), tree(depth - 1), tree(depth - 1), tree(depth - 1));
  co_return a + b + c + d;
}

TEST_P(gather_on, G11_10_deep_and_4_wide) {
  EXPECT_EQ(rt.block_on(tree(6)), 4096);
  // The same as one expression: 4 wide at each level, the first child goes deeper.
  auto g0 = sum_of(gather(number(1), number(1), number(1), number(1)));
  for (int depth = 1; depth < 10; ++depth) {
    g0 = sum_of(gather(std::move(g0), number(1), late(1, depth % 3), number(1)));
  }
  EXPECT_EQ(rt.block_on(std::move(g0)), 31);
  const auto g = [](auto x) { return gather(std::move(x), number(1), number(1), number(1)); };
  auto shape = rt.block_on(g(g(g(g(g(g(g(g(g(g(number(7))))))))))));
  const auto& deep = std::get<0>(std::get<0>(std::get<0>(std::get<0>(std::get<0>(shape)))));
  EXPECT_EQ(std::get<0>(std::get<0>(std::get<0>(std::get<0>(std::get<0>(deep))))), 7);
}

TEST_P(gather_on, G12_children_that_never_started_are_destroyed_once) {
  bool ran = false;
  auto runs = [&](witness w) -> task<int> {
    ran = true;
    co_return w.value();
  };
  {
    auto unawaited = gather(runs(witness(1)), runs(witness(2)));
    EXPECT_EQ(witness::alive(), 2);
    auto moved = std::move(unawaited);
    EXPECT_EQ(witness::alive(), 2);
    std::vector<task<int>> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(runs(witness(i)));
    auto range = gather(std::move(tasks));
    auto range_moved = std::move(range);
    EXPECT_EQ(witness::alive(), 7);
  }
  EXPECT_NO_WITNESS_LEFT();
  // A gather that a stop reaches before it starts.
  auto starts_late = [&]() -> task<int> {
    auto held = gather(runs(witness(3)), runs(witness(4)));
    for (;;) co_await magpie::yield();
    co_await std::move(held);
    co_return 0;
  };
  EXPECT_EQ(error_of(rt, gather(starts_late(), fails("x", 3))), "x");
  EXPECT_FALSE(ran);
  EXPECT_NO_WITNESS_LEFT();
}

struct rigid {
  explicit rigid(int v) : value(v) {}
  rigid(rigid&&) = default;
  rigid& operator=(rigid&&) = default;
  int value;
};

/// Throws at its last move out of a gather.
struct throws_when_moved {
  explicit throws_when_moved(int moves_) : moves(moves_) {}
  throws_when_moved(throws_when_moved&& other) : moves(other.moves - 1) {
    if (moves <= 0) throw std::range_error("moved");
  }
  int moves;
  witness seen;
};

TEST_P(gather_on, G14_every_kind_of_result) {
  int target = 0;
  auto reference = [&]() -> task<int&> { co_return target; };
  auto pointer = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto no_default = []() -> task<rigid> { co_return rigid(5); };
  auto text = []() -> task<std::string> { co_return "a text that is too long for any small buffer"; };
  auto all = rt.block_on(gather(number(1), nothing(), reference(), pointer(), no_default(), text()));
  static_assert(same<decltype(all), std::tuple<int, std::monostate, int&, std::unique_ptr<int>, rigid, std::string>>);
  EXPECT_EQ(&std::get<2>(all), &target);
  EXPECT_EQ(*std::get<3>(all), 4);
  EXPECT_EQ(std::get<4>(all).value, 5);

  auto of = [](auto& make) {  // by reference: the closure must outlive its tasks
    std::vector<decltype(make())> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(make());
    return gather(std::move(tasks));
  };
  auto references = rt.block_on(of(reference));
  static_assert(same<decltype(references), std::vector<std::reference_wrapper<int>>>);
  EXPECT_EQ(&references[2].get(), &target);
  EXPECT_EQ(*rt.block_on(of(pointer))[1], 4);
  EXPECT_EQ(rt.block_on(of(no_default))[2].value, 5);
  static_assert(same<decltype(rt.block_on(of(nothing))), void>);
  rt.block_on(of(nothing));
  auto yes = []() -> task<bool> { co_return true; };
  auto flags = rt.block_on(of(yes));
  EXPECT_EQ(flags, std::vector<bool>(3, true));
}

TEST_P(gather_on, G14_a_result_that_throws_when_it_is_moved) {
  for (int moves = 1; moves < 6; ++moves) {
    auto make = [moves]() -> task<throws_when_moved> { co_return throws_when_moved(moves); };
    try {
      static_cast<void>(rt.block_on([&]() -> task<> { co_await gather(make(), make(), nothing()); }));
    } catch (const std::range_error&) {
    }
    try {
      std::vector<task<throws_when_moved>> tasks;
      for (int i = 0; i < 3; ++i) tasks.push_back(make());
      static_cast<void>(rt.block_on([&]() -> task<> { co_await gather(std::move(tasks)); }));
    } catch (const std::range_error&) {
    }
    EXPECT_NO_WITNESS_LEFT();
  }
}

TEST_P(gather_on, takes_whatever_can_be_awaited) {
  gate g;
  g.open();
  auto callable = [] { return number(3); };
  auto handle = rt.spawn(number(5));
  auto [a, b, c, d] = rt.block_on(
      gather(number(1), callable, g.opened(), [&]() -> task<int> { co_return co_await std::move(handle); }));
  EXPECT_EQ(a + b + d, 9);
  static_assert(same<decltype(c), std::monostate>);
  EXPECT_EQ(std::get<0>(rt.block_on(gather(rt.spawn(number(6)), rt.spawn(nothing())))), 6);
  EXPECT_EQ(std::get<1>(rt.spawn(gather(number(1), number(2))).get()), 2);
}

TEST_P(gather_on, ranges_of_every_kind) {
  {
    std::list<task<int>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(number(i));
    EXPECT_EQ(rt.block_on(gather(std::move(tasks))), (std::vector<int>{0, 1, 2, 3}));
  }
  {
    std::array<task<int>, 3> tasks{number(1), number(2), number(3)};
    EXPECT_EQ(rt.block_on(gather(std::move(tasks))), (std::vector<int>{1, 2, 3}));
  }
  {
    auto view = std::views::iota(0, 5) | std::views::transform([](int i) { return late(i, i % 2); });
    EXPECT_EQ(rt.block_on(gather(view)), (std::vector<int>{0, 1, 2, 3, 4}));
    EXPECT_EQ(rt.block_on(gather(std::views::iota(0, 3) | std::views::transform(number))), (std::vector<int>{0, 1, 2}));
    EXPECT_TRUE(rt.block_on(gather(std::views::iota(0, 0) | std::views::transform(number))).empty());
  }
  {
    auto even =
        std::views::iota(0, 6) | std::views::filter([](int i) { return i % 2 == 0; }) | std::views::transform(number);
    EXPECT_EQ(rt.block_on(gather(even)), (std::vector<int>{0, 2, 4}));
  }
  {
    std::vector<task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(number(i));
    auto moved = std::views::all(tasks) | std::views::transform([](task<int>& t) { return std::move(t); });
    EXPECT_EQ(rt.block_on(gather(moved)), (std::vector<int>{0, 1, 2}));
  }
  {
    std::vector<std::function<task<int>()>> callables;
    for (int i = 0; i < 3; ++i) callables.emplace_back([i] { return number(i); });
    EXPECT_EQ(rt.block_on(gather(callables)), (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(rt.block_on(gather(std::move(callables))), (std::vector<int>{0, 1, 2}));
  }
  {
    std::vector<magpie::join_handle<int>> handles;
    for (int i = 0; i < 3; ++i) handles.push_back(rt.spawn(number(i)));
    EXPECT_EQ(rt.block_on(gather(std::move(handles))), (std::vector<int>{0, 1, 2}));
  }
  {
    std::vector<task<int>> one;
    one.push_back(number(9));
    EXPECT_EQ(rt.block_on(gather(std::move(one))), std::vector<int>{9});
  }
}

// Some results stand in the vector before their values do, others wait elsewhere.
struct pair_of_numbers {
  int a;
  std::int64_t b;
  bool operator==(const pair_of_numbers&) const = default;
};
struct made_with_a_number {
  explicit made_with_a_number(int i) noexcept : number(i) {}
  int number;
  bool operator==(const made_with_a_number&) const = default;
};

template <class T>
task<T> made(T value, int turns) {
  for (int i = 0; i < turns; ++i) co_await magpie::yield();
  co_return std::move(value);
}

/// Children that end out of order, more than one list of them holds at first, whose number nobody tells.
template <class T>
void gives(magpie::runtime& rt, auto make) {
  auto view = std::views::iota(0, 100) | std::views::filter([](int i) { return i % 2 == 0; }) |
              std::views::transform([make](int i) { return made<T>(make(i), i % 3); });
  const std::vector<T> results = rt.block_on(gather(view));
  ASSERT_EQ(results.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(results[static_cast<std::size_t>(i)] == make(2 * i)) << i;
}

TEST_P(gather_on, a_range_gives_results_of_every_kind) {
  gives<char>(rt, [](int i) { return static_cast<char>(i); });
  gives<bool>(rt, [](int i) { return i % 4 == 0; });
  gives<double>(rt, [](int i) { return i * 0.5; });
  gives<pair_of_numbers>(rt, [](int i) { return pair_of_numbers{i, -i}; });
  gives<made_with_a_number>(rt, [](int i) { return made_with_a_number(i); });
  gives<std::string>(rt, [](int i) { return std::string(static_cast<std::size_t>(i), 'x'); });
  gives<std::vector<int>>(rt, [](int i) { return std::vector<int>(static_cast<std::size_t>(i), i); });
}

TEST_P(gather_on, a_range_gives_what_can_only_be_moved) {
  const auto view =
      std::views::iota(0, 20) | std::views::transform([](int i) { return made(std::make_unique<int>(i), i % 2); });
  const std::vector<std::unique_ptr<int>> results = rt.block_on(gather(view));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(*results[static_cast<std::size_t>(i)], i);
}

TEST_P(gather_on, a_range_that_throws_while_it_is_read_starts_nothing) {
  int started = 0;
  const auto counted = [&started](std::string kept) -> task<> {
    started += static_cast<int>(kept.size());
    co_return;
  };
  const auto view = std::views::iota(0, 30) | std::views::transform([&](int i) {
                      if (i == 20) throw std::range_error("while it is read");
                      return counted(std::string(100, 'x'));
                    });
  EXPECT_THROW(rt.block_on(gather(view)), std::range_error);
  EXPECT_EQ(started, 0);
  std::vector<task<>> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(counted(std::string(100, 'x')));
  tasks.emplace_back();
  EXPECT_THROW(rt.block_on(gather(std::move(tasks))), magpie::usage_error);
  EXPECT_EQ(started, 0);
}

TEST_P(gather_on, a_wide_range) {
  std::vector<task<int>> tasks;
  for (int i = 0; i < 20'000; ++i) tasks.push_back(late(i, i % 3));
  const std::vector<int> results = rt.block_on(gather(std::move(tasks)));
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(results[static_cast<std::size_t>(i)], i);
}

TEST_P(gather_on, held_in_a_variable_and_moved_before_it_is_awaited) {
  rt.block_on([]() -> task<> {
    auto g = gather(number(1), late(2, 2));
    auto h = std::move(g);
    auto [a, b] = co_await std::move(h);
    EXPECT_EQ(a + b, 3);
    auto on_the_heap = std::make_unique<decltype(gather(number(1), nothing()))>(gather(number(5), nothing()));
    auto [c, d] = co_await std::move(*on_the_heap);
    EXPECT_EQ(c, 5);
    static_cast<void>(d);
    std::vector<task<int>> tasks;
    tasks.push_back(number(6));
    tasks.push_back(number(7));
    auto r = gather(std::move(tasks));
    auto s = std::move(r);
    const std::vector<int> v = co_await std::move(s);
    EXPECT_EQ(v, (std::vector<int>{6, 7}));
  });
}

TEST_P(gather_on, awaiting_it_twice_is_a_usage_error) {
  rt.block_on([]() -> task<> {
    auto g = gather(number(1), late(2, 1));
    auto [a, b] = co_await std::move(g);
    EXPECT_EQ(a + b, 3);
    EXPECT_THROW(co_await std::move(g), magpie::usage_error);

    std::vector<task<int>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(late(i, 1));
    auto r = gather(std::move(tasks));
    const std::vector<int> v = co_await std::move(r);
    EXPECT_EQ(v.size(), 3u);
    EXPECT_THROW(co_await std::move(r), magpie::usage_error);
  });
}

TEST_P(gather_on, a_moved_from_gather_is_a_usage_error) {
  rt.block_on([]() -> task<> {
    auto g = gather(number(1), number(2));
    auto h = std::move(g);
    EXPECT_THROW(co_await std::move(g), magpie::usage_error);
    co_await std::move(h);
    std::vector<task<int>> tasks;
    tasks.push_back(number(1));
    auto r = gather(std::move(tasks));
    auto s = std::move(r);
    EXPECT_THROW(co_await std::move(r), magpie::usage_error);
    co_await std::move(s);
  });
}

TEST_P(gather_on, an_empty_task_among_its_children_is_a_usage_error_and_the_others_are_destroyed) {
  auto owns = [](witness) -> task<int> { co_return 1; };
  rt.block_on([&]() -> task<> {
    EXPECT_THROW(co_await gather(owns(witness()), task<int>(), owns(witness())), magpie::usage_error);
    std::vector<task<int>> tasks;
    tasks.push_back(owns(witness()));
    tasks.emplace_back();
    EXPECT_THROW(co_await gather(std::move(tasks)), magpie::usage_error);
  });
  EXPECT_NO_WITNESS_LEFT();
}

TEST_P(gather_on, children_run_on_the_runtime_and_results_are_visible) {
  // Many small gathers whose children write without synchronisation: the join must order it (under TSan).
  for (int round = 0; round < 2000; ++round) {
    std::array<int, 4> written{};
    auto writes = [&](std::size_t i) -> task<> {
      if (i % 2 == 1) co_await magpie::yield();
      written.at(i) = 1;
    };
    rt.block_on([&]() -> task<> {
      co_await gather(writes(0), writes(1), writes(2), writes(3));
      EXPECT_EQ(written, (std::array<int, 4>{1, 1, 1, 1}));
    });
  }
}

}  // namespace
