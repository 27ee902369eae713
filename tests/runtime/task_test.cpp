#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::witness;

task<int> number(int n) { co_return n; }
task<> nothing() { co_return; }
task<std::string> joined(std::string a, const std::string& b) { co_return a + b; }

struct rigid {
  explicit rigid(int v) : value(v) {}
  rigid(rigid&&) = default;
  int value;
};

/// The second move throws, and only that: the first one puts the result into its slot.
struct throws_when_taken {
  explicit throws_when_taken(int moves_) : moves(moves_) {}
  throws_when_taken(throws_when_taken&& other) : moves(other.moves - 1) {
    if (moves == 0) throw std::range_error("moved");
  }
  int moves;
  witness seen;
};

TEST(task, runs_when_it_is_awaited_and_not_before) {
  runtime rt{{.workers = 1}};
  bool ran = false;
  auto set = [&]() -> task<> {
    ran = true;
    co_return;
  };
  rt.block_on([&]() -> task<> {
    task<> t = set();
    EXPECT_FALSE(ran);
    EXPECT_TRUE(t.valid());
    co_await std::move(t);
    EXPECT_TRUE(ran);
  });
}

TEST(task, gives_every_kind_of_result) {
  runtime rt{{.workers = 1}};
  int target = 0;
  auto reference = [&]() -> task<int&> { co_return target; };
  auto constant = [&]() -> task<const int&> { co_return target; };
  auto pointer = [](int n) -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(n); };
  auto no_default = [](int n) -> task<rigid> { co_return rigid(n); };
  auto converted = []() -> task<std::string> { co_return "from a literal"; };
  auto large = []() -> task<std::array<int, 1000>> {
    std::array<int, 1000> a{};
    a[999] = 7;
    co_return a;
  };
  auto flag = []() -> task<bool> { co_return true; };
  rt.block_on([&]() -> task<> {
    co_await nothing();
    const int n = co_await number(3);
    EXPECT_EQ(n, 3);
    int& r = co_await reference();
    EXPECT_EQ(&r, &target);
    const int& c = co_await constant();
    EXPECT_EQ(&c, &target);
    const std::unique_ptr<int> p = co_await pointer(4);
    EXPECT_EQ(*p, 4);
    const rigid d = co_await no_default(5);
    EXPECT_EQ(d.value, 5);
    const std::string s = co_await converted();
    EXPECT_EQ(s, "from a literal");
    const std::array<int, 1000> a = co_await large();
    EXPECT_EQ(a[999], 7);
    const std::string j = co_await joined("a", "b");
    EXPECT_EQ(j, "ab");
    const bool b = co_await flag();
    EXPECT_TRUE(b);
  });
}

TEST(task, a_result_that_throws_when_it_is_moved_is_an_error_at_the_await) {
  {
    runtime rt{{.workers = 1}};
    auto into_the_slot = []() -> task<throws_when_taken> { co_return throws_when_taken(1); };
    auto out_of_the_slot = []() -> task<throws_when_taken> { co_return throws_when_taken(2); };
    EXPECT_THROW(rt.block_on(into_the_slot()), std::range_error);
    EXPECT_THROW(rt.block_on([&]() -> task<> { co_await into_the_slot(); }), std::range_error);
    EXPECT_THROW(rt.block_on([&]() -> task<> { co_await out_of_the_slot(); }), std::range_error);
  }
  EXPECT_NO_WITNESS_LEFT();
}

task<int> fails_below(int depth) {
  witness local;
  if (depth == 0) throw std::range_error("at the bottom");
  const int n = co_await fails_below(depth - 1);
  co_return n;
}

TEST(task, an_exception_goes_up_to_who_catches_it) {
  runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    std::string what;
    try {
      co_await fails_below(20);
    } catch (const std::range_error& e) {
      what = e.what();
    }
    EXPECT_EQ(what, "at the bottom");
    EXPECT_EQ(witness::alive(), 0);
  });
  EXPECT_THROW(rt.block_on(fails_below(3)), std::range_error);
  EXPECT_NO_WITNESS_LEFT();
}

TEST(task, an_exception_may_be_of_any_type_and_keeps_its_identity) {
  runtime rt{{.workers = 1}};
  const int object = 0;
  auto fails = [&]() -> task<> {
    throw &object;
    co_return;
  };
  try {
    rt.block_on(fails());
    FAIL();
  } catch (const int* p) {
    EXPECT_EQ(p, &object);
  }
}

TEST(task, a_destructor_that_throws_after_co_return_is_an_error_and_the_result_is_destroyed) {
  struct bomb {
    bomb() noexcept {}
    ~bomb() noexcept(false) { throw std::range_error("from a destructor"); }
  };
  {
    runtime rt{{.workers = 1}};
    auto fails = []() -> task<witness> {
      bomb b;
      co_return witness(1);
    };
    EXPECT_THROW(static_cast<void>(rt.block_on(fails())), std::range_error);
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(task, an_empty_or_used_one_is_a_usage_error) {
  runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    task<int> empty;
    EXPECT_FALSE(empty.valid());
    EXPECT_THROW(co_await std::move(empty), magpie::usage_error);

    task<int> used = number(1);
    const int n = co_await std::move(used);
    EXPECT_EQ(n, 1);
    EXPECT_FALSE(used.valid());
    EXPECT_THROW(co_await std::move(used), magpie::usage_error);

    task<int> from = number(2);
    task<int> to = std::move(from);
    EXPECT_THROW(co_await std::move(from), magpie::usage_error);
    const int two = co_await std::move(to);
    EXPECT_EQ(two, 2);
  });
  EXPECT_THROW(rt.block_on(task<int>()), magpie::usage_error);
  EXPECT_THROW(static_cast<void>(rt.spawn(task<int>())), magpie::usage_error);
}

task<> owns(witness) { co_return; }

TEST(task, one_that_never_runs_frees_its_frame_and_arguments) {
  {
    task<> dropped = owns(witness(1));
    EXPECT_EQ(witness::alive(), 1);
    task<> assigned = owns(witness(2));
    assigned = owns(witness(3));
    EXPECT_EQ(witness::alive(), 2);
    task<>& self = assigned;
    assigned = std::move(self);
    EXPECT_TRUE(assigned.valid());
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(task, may_be_made_run_and_freed_on_different_threads) {
  {
    runtime rt{{.workers = 2}};
    for (int i = 0; i < 200; ++i) {
      task<> run_here;
      task<> freed_here;
      std::thread([&] {
        run_here = owns(witness(1));
        freed_here = owns(witness(2));
      }).join();
      rt.block_on(std::move(run_here));
      std::thread([t = std::move(freed_here)]() mutable { task<> mine = std::move(t); }).join();
    }
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(task, arguments_and_locals_die_before_the_await_returns) {
  runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    auto body = [](witness) -> task<> {
      witness local;
      co_await magpie::yield();
    };
    co_await body(witness());
    EXPECT_EQ(witness::alive(), 0);
  });
  EXPECT_NO_WITNESS_LEFT();
}

TEST(task, a_member_function_and_a_generic_lambda_can_be_one) {
  struct object {
    explicit object(int v) : value(v) {}
    task<int> get() const { co_return value; }
    int value;
  };
  runtime rt{{.workers = 1}};
  const object o(6);
  EXPECT_EQ(rt.block_on(o.get()), 6);
  auto generic = [](auto x) -> task<decltype(x)> { co_return x; };
  EXPECT_EQ(rt.block_on(generic(2.5)), 2.5);
}

TEST(task, a_task_may_give_a_task) {
  runtime rt{{.workers = 1}};
  auto outer = [](int n) -> task<task<int>> { co_return number(n); };
  EXPECT_EQ(rt.block_on([&]() -> task<int> {
    task<int> inner = co_await outer(8);
    const int n = co_await std::move(inner);
    co_return n;
  }),
            8);
}

TEST(callable, is_stored_with_its_task) {
  runtime rt{{.workers = 2}};
  auto make = [&](int n) {
    auto text = std::make_shared<std::string>(std::to_string(n));
    auto f = [text]() -> task<std::string> {
      co_await magpie::yield();
      co_return *text;
    };
    return rt.spawn(f);  // copied: f and its text die here
  };
  for (int i = 0; i < 100; ++i) EXPECT_EQ(make(i).get(), std::to_string(i));
}

TEST(callable, can_be_awaited_and_is_called_then) {
  runtime rt{{.workers = 1}};
  int calls = 0;
  auto f = [&]() -> task<int> {
    ++calls;
    co_return 4;
  };
  rt.block_on([&]() -> task<> {
    const int n = co_await f;
    EXPECT_EQ(n, 4);
    const int m = co_await [&] { return number(++calls); };
    EXPECT_EQ(m, 2);
  });
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(rt.block_on(f), 4);
}

TEST(callable, that_throws_is_an_error_of_its_task) {
  runtime rt{{.workers = 1}};
  auto f = []() -> task<int> { throw std::range_error("before any task was made"); };
  EXPECT_THROW(rt.block_on(f), std::range_error);
  auto plain = [](bool fail) {
    if (fail) throw std::range_error("no coroutine");
    return number(1);
  };
  EXPECT_THROW(rt.block_on([&] { return plain(true); }), std::range_error);
}

TEST(co_invoke, stores_callable_and_arguments) {
  {
    runtime rt{{.workers = 2}};
    auto handle = [&] {
      auto owner = std::make_unique<int>(3);
      auto f = [owner = std::move(owner)](std::string s, int n) -> task<std::string> {
        co_await magpie::yield();
        co_return s + std::to_string(n + *owner);
      };
      return rt.spawn(magpie::co_invoke(std::move(f), std::string("x"), 4));
    }();
    EXPECT_EQ(handle.get(), "x7");

    auto takes = [](witness w) -> task<int> { co_return w.value(); };
    const witness w(9);
    EXPECT_EQ(rt.block_on(magpie::co_invoke(takes, w)), 9);
    int target = 0;
    auto writes = [](int& to) -> task<> {
      to = 5;
      co_return;
    };
    rt.block_on(magpie::co_invoke(writes, std::ref(target)));
    EXPECT_EQ(target, 5);
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(co_invoke, calls_a_member_function) {
  struct object {
    int value = 3;
    task<int> plus(int n) { co_return value + n; }
  };
  runtime rt{{.workers = 1}};
  object o;
  EXPECT_EQ(rt.block_on(magpie::co_invoke(&object::plus, &o, 4)), 7);
}

}  // namespace
