#include <magpie/cancellation.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
//
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <functional>
#include <ranges>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using magpie::task;

task<int> number(int n) { co_return n; }
task<> nothing() { co_return; }
task<int&> reference(int& n) { co_return n; }

TEST(interface, gather) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    int place = 3;
    std::tuple<int, std::monostate, int&> all = co_await magpie::gather(number(1), nothing(), reference(place));
    EXPECT_EQ(&std::get<2>(all), &place);
    std::vector<task<int>> numbers;
    numbers.push_back(number(1));
    const std::vector<int> values = co_await magpie::gather(std::move(numbers));
    EXPECT_EQ(values, std::vector{1});
    std::vector<task<int&>> references;
    references.push_back(reference(place));
    const std::vector<std::reference_wrapper<int>> same = co_await magpie::gather(std::move(references));
    EXPECT_EQ(&same[0].get(), &place);
    std::vector<task<>> nothings;
    nothings.push_back(nothing());
    static_assert(std::is_void_v<magpie::await_result_t<decltype(magpie::gather(std::move(nothings)))>>);
    co_await magpie::gather(std::move(nothings));
    const std::vector<int> limited =
        co_await magpie::gather(magpie::limit{2L}, std::views::iota(0, 5) | std::views::transform(number));
    EXPECT_EQ(limited.size(), 5u);
    std::tuple<magpie::outcome<int>, magpie::outcome<void>> both =
        co_await magpie::gather_outcomes(number(1), nothing());
    EXPECT_EQ(std::get<0>(both).value(), 1);
    std::vector<task<>> more;
    more.push_back(nothing());
    const std::vector<magpie::outcome<void>> outcomes = co_await magpie::gather_outcomes(std::move(more));
    EXPECT_TRUE(outcomes[0].has_value());
    magpie::outcome<int> o = co_await magpie::as_outcome(number(9));
    EXPECT_EQ(o.value(), 9);
    EXPECT_EQ(o.error(), nullptr);
  }());
}

TEST(interface, task_group) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    const int r = co_await magpie::with_task_group([&](magpie::task_group& group) -> task<int> {
      magpie::join_handle<int> h = group.spawn(number(1), {.name = "one"});
      const magpie::task_group copy = group;
      copy.spawn(nothing());
      static_assert(noexcept(copy.cancel()) && noexcept(copy.cancelled()) && noexcept(copy.active()));
      EXPECT_FALSE(copy.cancelled());
      EXPECT_FALSE(copy.get_stop_token().stop_requested());
      EXPECT_LE(copy.active(), 2u);
      co_await copy.join();
      co_return co_await h;
    });
    EXPECT_EQ(r, 1);
    const magpie::task_group_options options{.limit = 8, .policy = magpie::on_error::keep_running, .name = "a group"};
    co_await magpie::with_task_group(options, [&](magpie::task_group& group) -> task<> {
      group.spawn(number(2));
      co_return;
    });
    co_await magpie::with_task_group({.limit = magpie::unlimited, .policy = magpie::on_error::cancel_rest},
                                     [](magpie::task_group&) -> task<> { co_return; });
  }());
}

TEST(interface, timeout) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    EXPECT_EQ(co_await magpie::with_timeout(1000.5s, number(1)), 1);
    EXPECT_EQ(co_await magpie::with_deadline(magpie::never, number(1)), 1);
    const int r =
        co_await magpie::with_deadline_scope(magpie::clock::now() + 1h, [&](magpie::deadline_scope& s) -> task<int> {
          EXPECT_EQ(co_await magpie::current_deadline(), s.deadline());
          s.reschedule(magpie::never);
          EXPECT_EQ(s.deadline(), magpie::never);
          EXPECT_FALSE(s.expired());
          co_return 5;
        });
    EXPECT_EQ(r, 5);
    EXPECT_EQ(co_await magpie::current_deadline(), magpie::never);
    co_await magpie::sleep_for(1us);
    co_await magpie::sleep_for(0.000001s);
    co_await magpie::sleep_until(magpie::clock::now());
  }());
}

TEST(interface, cancellation) {
  magpie::runtime rt{{.workers = 1}};
  rt.block_on([]() -> task<> {
    magpie::stop_source source;
    magpie::stop_token token = source.get_token();
    int called = 0;
    const magpie::stop_callback callback(token, [&called] { ++called; });
    EXPECT_TRUE(source.stop_possible() && !source.stop_requested() && token.stop_possible());
    EXPECT_EQ(co_await magpie::with_stop_token(token, number(1)), 1);
    std::stop_source theirs;
    EXPECT_EQ(co_await magpie::with_stop_token(theirs.get_token(), number(2)), 2);
    EXPECT_TRUE(source.request_stop());
    EXPECT_EQ(called, 1);
    EXPECT_FALSE((co_await magpie::get_stop_token()).stop_requested());
    co_await magpie::checkpoint();
    co_await magpie::yield();
    EXPECT_EQ(co_await magpie::shield(number(3)), 3);
    EXPECT_EQ(co_await magpie::shield(number(3), 1ms), 3);
    bool cleaned = false;
    const auto cleanup = [&cleaned]() -> task<> {
      cleaned = true;
      co_return;
    };
    EXPECT_EQ(co_await magpie::finally(number(4), cleanup), 4);
    EXPECT_TRUE(cleaned);
    const auto ended = co_await magpie::as_outcome([]() -> task<> { co_await magpie::stopped(); });
    EXPECT_TRUE(ended.is_cancelled());
  }());
}

TEST(interface, errors) {
  static_assert(std::derived_from<magpie::usage_error, std::logic_error>);
  static_assert(std::derived_from<magpie::task_cancelled, std::runtime_error>);
  static_assert(std::derived_from<magpie::timed_out, std::runtime_error>);
  static_assert(std::derived_from<magpie::channel_closed, std::runtime_error>);
  static_assert(std::derived_from<magpie::exception_group, std::runtime_error>);
  const magpie::exception_group group({std::make_exception_ptr(std::range_error("one"))});
  const std::vector<std::exception_ptr>& inside = group.exceptions();
  EXPECT_EQ(inside.size(), 1u);
  const std::range_error* const found = group.find<std::range_error>();
  ASSERT_NE(found, nullptr);
  EXPECT_STREQ(found->what(), "one");
}

}  // namespace
