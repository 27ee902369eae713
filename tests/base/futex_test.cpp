#include <magpie/base/futex.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace {

using namespace magpie::detail;

TEST(futex, returns_at_once_when_the_word_has_changed) {
  atomics::atomic<std::uint32_t> word{1};
  futex_wait(word, 0);
}

TEST(futex, returns_at_its_deadline) {
  atomics::atomic<std::uint32_t> word{0};
  const std::int64_t deadline = monotonic_now() + 2'000'000;
  while (monotonic_now() < deadline) futex_wait(word, 0, deadline);
  futex_wait(word, 0, deadline);  // passed: does not block
  futex_wait(word, 0, 0);
}

TEST(futex, wakes_all_that_wait) {
  atomics::atomic<std::uint32_t> word{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 4; ++i) {
    waiters.emplace_back([&] {
      while (word.load(acquire) == 0) futex_wait(word, 0);
    });
  }
  word.store(1, release);
  futex_wake_all(word);
  for (std::thread& t : waiters) t.join();
}

}  // namespace
