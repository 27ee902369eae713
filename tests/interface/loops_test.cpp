#include <magpie/parallel.hpp>
//
#include <magpie/runtime.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace {

using magpie::task;

/// Loops as a user of -Wconversion writes them: bodies that take other integers than the loop gives do not warn in our
/// headers.
TEST(interface, loops) {
  magpie::runtime rt{{.workers = 2}};
  rt.block_on([]() -> task<> {
    std::vector<int> a(100, 1);
    std::atomic<long> sum{0};
    co_await magpie::parallel_for(0, a.size(), [&](int) { ++sum; });
    co_await magpie::parallel_for(magpie::tile{10, a.size()}, [&](int, int) { ++sum; });
    co_await magpie::parallel_for(magpie::tile{10, 10}, [&](auto, auto) { ++sum; }, 8);
    co_await magpie::parallel_for(a, [&](int i) { sum += i; }, 7);
    EXPECT_EQ(sum, 100 + 1000 + 100 + 100);
    co_await magpie::parallel_sort(a, {}, 10);
    co_await magpie::parallel_stable_sort(a, std::greater<>{});
    const std::string text =
        co_await magpie::parallel_reduce(0, 3, std::string(), [](int i) { return std::to_string(i); }, std::plus<>{});
    EXPECT_EQ(text, "012");
  });
}

}  // namespace
