#include <magpie/runtime.hpp>  // alone: it must bring all that its section of the interface names

#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <exception>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The interface as its users see it: every name, with the types that were promised. That it compiles is most of the
/// test.
namespace {

using namespace std::chrono_literals;

magpie::task<int> seven() { co_return 7; }
magpie::task<> nothing() { co_return; }

static_assert(std::same_as<magpie::task<>, magpie::task<void>>);
static_assert(std::movable<magpie::task<int>> && !std::copyable<magpie::task<int>>);
static_assert(!std::movable<magpie::runtime> && !std::copyable<magpie::runtime>);
static_assert(std::movable<magpie::join_handle<int>> && !std::copyable<magpie::join_handle<int>>);
static_assert(std::copyable<magpie::shared_handle<int>>);
static_assert(noexcept(std::declval<magpie::join_handle<int>&>().cancel()));
static_assert(noexcept(std::declval<const magpie::join_handle<int>&>().valid()));
static_assert(noexcept(std::declval<const magpie::join_handle<int>&>().ready()));
static_assert(noexcept(std::declval<const magpie::runtime&>().workers()));

TEST(interface, runtime) {
  void (*unhandled)(std::exception_ptr, std::string_view) = nullptr;
  magpie::runtime_options options{.workers = 2, .thread_name = "t", .pin_workers = false, .on_unhandled = unhandled};
  magpie::runtime rt(options);
  EXPECT_EQ(rt.workers(), 2u);
  EXPECT_EQ(rt.block_on(seven()), 7);
  EXPECT_EQ(magpie::block_on(seven()), 7);
  EXPECT_EQ(magpie::default_runtime().block_on(seven()), 7);
  rt.block_on(nothing());
  magpie::join_handle<int> h = rt.spawn(seven(), {.name = "seven", .level = magpie::priority::high});
  EXPECT_EQ(h.get(), 7);
  for (const auto level : {magpie::priority::inherit, magpie::priority::normal, magpie::priority::background})
    EXPECT_EQ(rt.spawn(seven(), {.level = level}).get(), 7);
  const magpie::runtime_metrics m = rt.metrics();
  EXPECT_GE(m.started, m.finished);
  std::ostringstream out;
  rt.dump(out);
  EXPECT_FALSE(out.str().empty());
  const magpie::shutdown_report r = rt.shutdown(1s);
  static_assert(std::same_as<decltype(r.finished), std::size_t> && std::same_as<decltype(r.cancelled), std::size_t>);
  static_assert(std::same_as<decltype(r.cancelled_names), std::vector<std::string>>);
  EXPECT_THROW(rt.spawn(seven()), magpie::usage_error);
}

TEST(interface, get_runtime_and_on) {
  magpie::runtime a{{.workers = 1}};
  magpie::runtime b{{.workers = 1}};
  const bool right = a.block_on([](magpie::runtime& mine, magpie::runtime& other) -> magpie::task<bool> {
    magpie::runtime& here = co_await magpie::get_runtime();
    const int x = co_await magpie::on(other, seven());
    co_return &here == &mine&& x == 7;
  }(a, b));
  EXPECT_TRUE(right);
}

TEST(interface, join_handle) {
  magpie::runtime rt{{.workers = 1}};
  magpie::join_handle<int> none;
  EXPECT_FALSE(none.valid());
  auto h = rt.spawn(seven());
  h.wait();
  EXPECT_TRUE(h.wait_for(1ms) && h.wait_until(magpie::clock::now()));
  EXPECT_TRUE(h.wait_for(0.5s));
  EXPECT_TRUE(h.valid() && h.ready());
  EXPECT_FALSE(h.cancel());
  const magpie::outcome<int> o = h.take();
  EXPECT_TRUE(o.has_value() && !o.has_error() && !o.is_cancelled());
  rt.spawn(seven()).detach();
  magpie::shared_handle<int> s = rt.spawn(seven()).share();
  static_assert(std::same_as<decltype(s.get()), const int&>);
  EXPECT_EQ(s.get(), 7);
}

}  // namespace
