#include <magpie/services/process_bound.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace {

using magpie::detail::process_bound;
using namespace std::chrono_literals;

// Z5, docs/protocols/shutdown.md.
class bound final : public process_bound {
 public:
  explicit bound(const void* address) : process_bound(address) {}

  void announce() { announce_to_forks(); }
  void withdraw() { withdraw_from_forks(); }

  int times_kept = 0;
  void (*when_kept)(bound&) = [](bound&) {};
  std::atomic<bool> withdrawn = false;
  std::thread other;

 private:
  void inherit() noexcept override {}
  void kept() noexcept override {
    ++times_kept;
    when_kept(*this);
  }
};

TEST(process_bound, is_kept_from_its_announcement_until_it_withdraws) {
  int known = 0;
  int unknown = 0;
  bound it(&known);
  EXPECT_FALSE(process_bound::keep(&known));
  it.announce();
  EXPECT_TRUE(process_bound::keep(&known));
  EXPECT_EQ(it.times_kept, 1);
  EXPECT_FALSE(process_bound::keep(&unknown));
  it.withdraw();
  EXPECT_FALSE(process_bound::keep(&known));
  EXPECT_EQ(it.times_kept, 1);
}

TEST(process_bound, does_not_withdraw_while_it_is_being_kept) {
  bound it(&it);
  it.announce();
  it.when_kept = [](bound& b) {
    b.other = std::thread([&b] {
      b.withdraw();
      b.withdrawn = true;
    });
    const auto until = std::chrono::steady_clock::now() + 20ms;
    while (!b.withdrawn && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_FALSE(b.withdrawn);
  };
  EXPECT_TRUE(process_bound::keep(&it));
  it.other.join();
  EXPECT_TRUE(it.withdrawn);
}

}  // namespace
