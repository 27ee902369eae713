#include <magpie/services/frame_allocator.hpp>

#include "support/sanitizers.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <cstdint>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace {

using magpie::detail::allocate_frame;
using magpie::detail::frame_cache;
using magpie::detail::free_frame;

/// Frames are pooled in this build; under sanitizers each is an allocation of its own.
constexpr bool pooled = MAGPIE_POOL_FRAMES != 0;

TEST(frame_allocator, every_size_is_usable_whole_and_aligned) {
  std::vector<std::pair<void*, std::size_t>> frames;
  for (std::size_t bytes : {1u,   15u,   16u,   17u,   31u,   32u,   33u,   511u,  512u,  513u,   960u,
                            961u, 1023u, 1024u, 1025u, 2048u, 2049u, 4095u, 4096u, 4097u, 100000u}) {
    for (int i = 0; i < 3; ++i) {
      void* p = allocate_frame(bytes);
      ASSERT_NE(p, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % 16, 0u) << bytes;
      std::memset(p, static_cast<int>(bytes % 251), bytes);
      frames.emplace_back(p, bytes);
    }
  }
  for (auto [p, bytes] : frames) {
    const auto* first = static_cast<unsigned char*>(p);
    for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(first[i], bytes % 251) << "of " << bytes;
  }
  for (auto [p, bytes] : frames) free_frame(p, bytes);
}

TEST(frame_allocator, a_frame_that_was_given_back_comes_again) {
  if (!pooled) GTEST_SKIP() << "frames are not pooled in this build";
  for (std::size_t bytes : {16u, 100u, 512u, 600u, 3000u}) {
    void* p = allocate_frame(bytes);
    free_frame(p, bytes);
    void* q = allocate_frame(bytes);
    EXPECT_EQ(p, q) << bytes;
    free_frame(q, bytes);
  }
}

TEST(frame_allocator, sizes_of_one_class_share_frames_and_others_do_not) {
  if (!pooled) GTEST_SKIP() << "frames are not pooled in this build";
  void* p = allocate_frame(33);
  free_frame(p, 33);
  void* other = allocate_frame(49);
  EXPECT_NE(p, other);
  void* same = allocate_frame(48);
  EXPECT_EQ(p, same);
  free_frame(other, 49);
  free_frame(same, 48);
}

TEST(frame_allocator, no_frame_is_given_out_twice_at_random) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  std::map<std::uintptr_t, std::pair<std::size_t, unsigned char>> live;  // begin: size, content
  const int steps = magpie_test::fewer_if_sanitized(60'000, 10'000);
  for (int step = 0; step < steps; ++step) {
    if (live.size() < 500 || random() % 2 == 0) {
      const std::size_t bytes = 1 + random() % (random() % 8 == 0 ? 6000 : 600);
      void* p = allocate_frame(bytes);
      const auto begin = reinterpret_cast<std::uintptr_t>(p);
      const auto after = live.lower_bound(begin);
      ASSERT_TRUE(after == live.end() || begin + bytes <= after->first);
      ASSERT_TRUE(after == live.begin() || std::prev(after)->first + std::prev(after)->second.first <= begin);
      const auto content = static_cast<unsigned char>(random());
      std::memset(p, content, bytes);
      live.emplace(begin, std::pair(bytes, content));
    } else {
      auto chosen = live.lower_bound(std::next(live.begin(), static_cast<long>(random() % 50))->first);
      auto* p = reinterpret_cast<unsigned char*>(chosen->first);
      const auto [bytes, content] = chosen->second;
      ASSERT_EQ(p[0], content);
      ASSERT_EQ(p[bytes - 1], content);
      free_frame(p, bytes);
      live.erase(chosen);
    }
  }
  for (auto& [begin, what] : live) free_frame(reinterpret_cast<void*>(begin), what.first);
}

TEST(frame_allocator, surplus_crosses_to_other_threads_in_magazines) {
  constexpr std::size_t bytes = 464;  // a class that nothing else here uses
  constexpr int count = 64 * 10;
  std::set<void*> first_round;
  std::vector<void*> frames;
  for (int i = 0; i < count; ++i) frames.push_back(allocate_frame(bytes));
  first_round.insert(frames.begin(), frames.end());
  EXPECT_EQ(first_round.size(), static_cast<std::size_t>(count));
  // One thread makes, another frees: the frees fill its cache and run over.
  std::thread([&] {
    for (void* p : frames) free_frame(p, bytes);
    frames.clear();
  }).join();
  for (int i = 0; i < count; ++i) frames.push_back(allocate_frame(bytes));
  int again = 0;
  for (void* p : frames) again += first_round.count(p) != 0 ? 1 : 0;
  // A few may stay behind on a shelf of this thread; that thread has ended, and left all it had.
  if (pooled) {
    EXPECT_GE(again, count - 2 * 64);
  }
  for (void* p : frames) free_frame(p, bytes);
}

TEST(frame_allocator, a_thread_that_only_frees_keeps_a_magazine_before_it_gives_any_away) {
  constexpr std::size_t bytes = 400;  // a class that nothing else here uses
  constexpr int count = 10;
  std::set<void*> freed;
  for (int i = 0; i < count; ++i) freed.insert(allocate_frame(bytes));
  std::barrier<> both_there(2);
  std::thread consumer([&] {
    for (void* p : freed) free_frame(p, bytes);
    both_there.arrive_and_wait();  // they were freed
    both_there.arrive_and_wait();  // others have been made
  });
  both_there.arrive_and_wait();
  std::vector<void*> made;
  for (int i = 0; i < 3 * 64; ++i) made.push_back(allocate_frame(bytes));
  if (pooled) {
    for (void* p : made) EXPECT_EQ(freed.count(p), 0u) << "it went to all threads at once, by a step on a shared word";
  }
  both_there.arrive_and_wait();
  consumer.join();
  for (void* p : made) free_frame(p, bytes);
}

TEST(frame_allocator, producers_and_consumers_on_threads_reuse_memory) {
  const int rounds = magpie_test::fewer_if_sanitized(200, 40);
  for (int round = 0; round < rounds; ++round) {
    std::vector<void*> a;
    std::thread maker([&] {
      for (int i = 0; i < 200; ++i) {
        a.push_back(allocate_frame(96));
        std::memset(a.back(), 0x5a, 96);
      }
    });
    maker.join();
    std::thread freer([&] {
      for (void* p : a) free_frame(p, 96);
    });
    freer.join();
  }
}

/// Its destructor runs when the thread ends, before or after the cache's own.
struct late_user {
  void* memory = nullptr;
  ~late_user() {
    void* p = allocate_frame(64);
    std::memset(p, 1, 64);
    free_frame(p, 64);
    if (memory != nullptr) free_frame(memory, 64);
    void* large = allocate_frame(2000);
    free_frame(large, 2000);
  }
};

TEST(frame_allocator, frames_can_be_had_while_a_thread_ends) {
  for (int i = 0; i < 10; ++i) {
    std::thread([] {
      static thread_local late_user first;  // made before the cache: destroyed after it
      first.memory = nullptr;
      first.memory = allocate_frame(64);
      static thread_local late_user second;  // made after it
      second.memory = allocate_frame(64);
    }).join();
  }
}

}  // namespace
