#include <magpie/runtime.hpp>
#include <magpie/sync.hpp>
#include <magpie/task_group.hpp>
#include <magpie/yield.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <thread>
#include <vector>

/// Grants meet stops, on threads: nothing is lost, nothing is taken twice (C6).
namespace {

using magpie::runtime;
using magpie::task;
using magpie::task_group;
using magpie::with_task_group;
using magpie_test::witness;

constexpr int rounds = 200;
constexpr std::size_t tasks = 64;

/// Counted while it lives.
struct visit {
  explicit visit(std::atomic<int>& n) noexcept : inside(n) { ++inside; }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() { --inside; }
  std::atomic<int>& inside;
};

TEST(sync_race, C6_permits_and_locks) {
  runtime rt{{.workers = 4}};
  magpie::semaphore permits(3);
  magpie::mutex mutex;
  long guarded = 0;
  std::atomic<long> counted{0};
  std::atomic<int> inside{0};
  for (int round = 0; round < rounds; ++round) {
    std::vector<magpie::join_handle<void>> handles;
    for (std::size_t i = 0; i < tasks; ++i) {
      handles.push_back(rt.spawn([&]() -> task<> {
        const auto permit = co_await permits.acquire();
        const visit here(inside);
        EXPECT_LE(inside, 3);
        if (inside % 2 == 0) co_await magpie::yield();
        {
          const auto guard = co_await mutex.lock();
          ++guarded;
          ++counted;
        }
      }));
    }
    for (std::size_t i = 0; i < tasks; i += 2) handles[i].cancel();
    for (auto& h : handles) h.wait();
    ASSERT_EQ(permits.available(), 3u);
    ASSERT_TRUE(mutex.try_lock());
  }
  EXPECT_EQ(guarded, counted);
}

/// Most find it free, or nearly so: taking and giving back without the line meets those who stand there and leave.
TEST(sync_race, C6_a_busy_mutex) {
  runtime rt{{.workers = 4}};
  magpie::mutex mutex;
  long guarded = 0;
  std::atomic<long> counted{0};
  for (int round = 0; round < rounds; ++round) {
    std::vector<magpie::join_handle<void>> handles;
    for (std::size_t i = 0; i < 8; ++i) {
      handles.push_back(rt.spawn([&]() -> task<> {
        for (int k = 0; k < 200; ++k) {
          auto guard = mutex.try_lock();
          if (!guard) guard = co_await mutex.lock();
          ++guarded;
          ++counted;
          if (k % 16 == 0) {
            guard.unlock();
            co_await magpie::yield();
          }
        }
      }));
    }
    for (std::size_t i = 0; i < 8; i += 2) handles[i].cancel();
    for (auto& h : handles) h.wait();
    ASSERT_TRUE(mutex.try_lock());
  }
  EXPECT_EQ(guarded, counted);
}

TEST(sync_race, C6_items) {
  runtime rt{{.workers = 4}};
  for (int round = 0; round < rounds; ++round) {
    {
      magpie::channel<witness> channel(static_cast<std::size_t>(round % 3));
      std::atomic<int> sent{0};
      std::atomic<int> received{0};
      std::vector<magpie::join_handle<void>> handles;
      for (std::size_t i = 0; i < tasks; ++i) {
        if (i % 2 == 0) {
          handles.push_back(rt.spawn([&]() -> task<> {
            co_await channel.send(witness(1));
            ++sent;
          }));
        } else {
          handles.push_back(rt.spawn([&]() -> task<> {
            if (const auto v = co_await channel.receive()) ++received;
          }));
        }
      }
      for (std::size_t i = 0; i < tasks; i += 3) handles[i].cancel();
      std::thread other([&] {
        while (const auto v = channel.try_receive()) ++received;
      });
      other.join();
      for (std::size_t i = 0; i < tasks / 2; ++i) {
        while (channel.try_receive()) ++received;
        std::this_thread::yield();
      }
      channel.close();
      for (auto& h : handles) {
        h.wait();
        static_cast<void>(h.take());  // perhaps channel_closed
      }
      while (channel.try_receive()) ++received;
      ASSERT_EQ(sent, received);
    }
    ASSERT_EQ(witness::alive(), 0);
  }
}

TEST(sync_race, C6_automatic_events_hand_on_what_they_got) {
  runtime rt{{.workers = 4}};
  for (int round = 0; round < rounds; ++round) {
    magpie::event turn(magpie::event_reset::automatic, true);
    std::atomic<int> had{0};
    int expected = 0;
    std::vector<magpie::join_handle<void>> handles;
    for (std::size_t i = 0; i < tasks; ++i) {
      handles.push_back(rt.spawn([&]() -> task<> {
        co_await turn.wait();
        ++had;
        turn.set();
      }));
    }
    for (std::size_t i = 0; i < tasks; i += 4) expected += handles[i].cancel() ? 0 : 1;
    for (auto& h : handles) h.wait();
    ASSERT_GE(had, static_cast<int>(tasks - tasks / 4) + expected);
    ASSERT_TRUE(turn.is_set());  // it was not lost with one who was stopped
  }
}

}  // namespace
