#include <magpie/wait.hpp>
//
#include <magpie/as_completed.hpp>
#include <magpie/completion.hpp>
#include <magpie/gather.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <list>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using magpie::join_handle;
using magpie::task;

task<int> number(int n) { co_return n; }
task<> nothing() { co_return; }
task<std::string> text() { co_return "text"; }

TEST(interface, wait) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([](magpie::runtime& r) -> task<> {
    std::vector<join_handle<int>> handles;
    for (int i = 0; i < 4; ++i) handles.push_back(r.spawn(number(i)));
    magpie::wait_result<int> first = co_await magpie::wait(handles, magpie::return_when::first_completed);
    static_assert(std::same_as<decltype(first.done), std::span<join_handle<int>>>);
    static_assert(std::same_as<decltype(first.pending), std::span<join_handle<int>>>);
    EXPECT_GE(first.done.size(), 1u);
    if (!first.pending.empty()) {
      auto [more, left] = co_await magpie::wait_for(first.pending, 2h);
      EXPECT_TRUE(left.empty());
    }
    auto [all, none] =
        co_await magpie::wait_until(handles, magpie::clock::now() + 1h, magpie::return_when::first_exception);
    EXPECT_EQ(all.size(), 4u);
    EXPECT_TRUE(none.empty());
    std::array<join_handle<int>, 2> two{r.spawn(number(1)), r.spawn(number(2))};
    const std::size_t index = co_await magpie::wait_any(two);
    EXPECT_LT(index, 2u);
    join_handle<std::string> other = r.spawn(text());
    const std::size_t which = co_await magpie::wait_any(two[0], other);
    EXPECT_LT(which, 2u);
    EXPECT_EQ((co_await magpie::wait(two, magpie::return_when::all_completed)).done.size(), 2u);
  }(rt));
}

TEST(interface, as_completed) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([](magpie::runtime& r) -> task<> {
    std::vector<join_handle<int>> handles;
    for (int i = 0; i < 4; ++i) handles.push_back(r.spawn(number(i)));
    auto stream = magpie::as_completed(handles);
    static_assert(std::same_as<decltype(stream.remaining()), std::size_t>);
    int sum = 0;
    join_handle<int>* const early = co_await stream.next_until(magpie::clock::now() + 1s);
    if (early != nullptr) sum += early->get();
    while (join_handle<int>* h = co_await stream.next()) sum += h->get();
    EXPECT_EQ(sum, 6);
    EXPECT_EQ(stream.remaining(), 0u);
  }(rt));
}

TEST(interface, race) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    std::variant<int, std::string, std::monostate> v = co_await magpie::race(number(1), text(), nothing());
    EXPECT_LT(v.index(), 3u);
    std::vector<task<int>> numbers;
    numbers.push_back(number(5));
    const std::pair<std::size_t, int> first = co_await magpie::race(std::move(numbers));
    EXPECT_EQ(first.second, 5);
    std::vector<task<>> nothings;
    nothings.push_back(nothing());
    const std::size_t index = co_await magpie::race(std::move(nothings));
    EXPECT_EQ(index, 0u);
    std::variant<int, std::string> w = co_await magpie::first_success(number(1), text());
    EXPECT_LT(w.index(), 2u);
  }());
}

TEST(interface, completion) {
  magpie::runtime rt{{.workers = 1}};
  magpie::completion<int> c;
  magpie::completion<> v;
  magpie::completion<> e;
  EXPECT_TRUE(c.set_value(4));
  EXPECT_FALSE(c.set_value(5));
  EXPECT_FALSE(c.set_cancelled());
  EXPECT_TRUE(v.set_value());
  EXPECT_TRUE(e.set_error(std::make_exception_ptr(magpie::timed_out())));
  rt.block_on([&]() -> task<> {
    const int& x = co_await c.wait();
    EXPECT_EQ(x, 4);
    co_await v.wait();
    bool thrown = false;
    try {
      co_await e.wait();
    } catch (const magpie::timed_out&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
  });
}

// Rule G9, over handles that do not lie side by side.
task<> over_scattered_handles(magpie::runtime& rt) {
  std::list<join_handle<int>> list;
  for (int i = 0; i < 3; ++i) list.push_back(rt.spawn(number(i)));
  const std::vector<int> all = co_await magpie::gather(list);
  EXPECT_TRUE(std::ranges::equal(all, std::views::iota(0, 3)));

  std::vector<join_handle<int>> some;
  for (int i = 0; i < 4; ++i) some.push_back(rt.spawn(number(i)));
  const auto odd = [&some](join_handle<int>& h) { return (&h - some.data()) % 2 == 1; };
  const std::vector<int> odds = co_await magpie::gather(some | std::views::filter(odd));
  EXPECT_TRUE(odds.size() == 2 && odds[0] == 1 && odds[1] == 3);
  EXPECT_TRUE(some[0].valid() && !some[1].valid());
  std::vector<magpie::outcome<int>> rest =
      co_await magpie::gather_outcomes(some | std::views::filter([](join_handle<int>& h) { return h.valid(); }));
  EXPECT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[1].value(), 2);
}
TEST(interface, gather_over_scattered_handles) {
  magpie::testing::virtual_runtime rt;
  rt.block_on(over_scattered_handles(rt));
}

// Rule G10, likewise: a stopped gather cancels them all.
TEST(interface, stopped_gather_over_scattered_handles_cancels_them) {
  magpie::testing::virtual_runtime rt;
  std::list<join_handle<void>> list;
  for (int i = 0; i < 3; ++i) list.push_back(rt.spawn(magpie::sleep_until(magpie::never)));
  auto waiter = rt.spawn([&list]() -> task<> { co_await magpie::gather(list); });
  rt.block_on(magpie::sleep_for(1ms));
  EXPECT_TRUE(waiter.cancel());
  waiter.wait();
  EXPECT_TRUE(waiter.take().is_cancelled());
  for (auto& h : list) EXPECT_TRUE(h.ready());
}

}  // namespace
