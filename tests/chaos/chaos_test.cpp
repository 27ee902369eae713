#include <magpie/runtime.hpp>

#include "support/sanitizers.hpp"
#include "support/scenarios/scenarios.hpp"
#include "support/scenarios/watchdog.hpp"
#include "support/seed.hpp"
#include "support/stress_scale.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <string>

/// Each scenario, again and again, on 1 to 64 workers, while every thread pauses, yields and sleeps between its
/// accesses to atomics, by a seed. MAGPIE_STRESS_SCALE=100 runs a hundred times as long.
namespace {

using magpie::runtime;
using magpie::detail::chaos;
using magpie_test::scenario;

class chaotic : public testing::TestWithParam<scenario> {};

/// How long each scenario goes on.
std::chrono::milliseconds share() {
  return std::chrono::milliseconds(static_cast<int>(400 * magpie_test::stress_percent()));
}

TEST_P(chaotic, runs_right) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  constexpr unsigned crews[] = {1, 2, 3, 4, 8, 64};
  constexpr chaos::mood moods[] = {chaos::mood::pauses, chaos::mood::yields, chaos::mood::sleeps, chaos::mood::mixed,
                                   chaos::mood::seldom};
  const auto end = std::chrono::steady_clock::now() + share();
  const std::uint64_t before = chaos::disturbances();
  int rounds = 0;
  while (rounds < 3 || std::chrono::steady_clock::now() < end) {
    const unsigned workers = crews[random() % std::size(crews)];
    const chaos::mood mood = moods[random() % std::size(moods)];
    const std::uint64_t seed_of_round = random();
    SCOPED_TRACE(std::to_string(workers) + " workers, mood " + std::to_string(static_cast<int>(mood)) + ", round " +
                 std::to_string(rounds));
    {
      runtime rt{{.workers = workers}};
      const magpie_test::watchdog watch(rt, std::string(GetParam().name) + ", " + magpie_test::name_of_seed(seed));
      chaos::set(seed_of_round, mood);
      for (int i = 0; i < 3; ++i) {
        const int size = 1 + static_cast<int>(random() % (mood == chaos::mood::sleeps ? 12 : 24));
        EXPECT_NO_THROW(GetParam().run(rt, size));
      }
    }
    chaos::set(0, chaos::mood::none);
    ++rounds;
    if (HasFailure()) break;
  }
  EXPECT_GT(chaos::disturbances(), before) << "nobody was disturbed";
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("rounds", rounds);
}

/// The reader of the figures is disturbed as all are: it is away between one count and the next.
TEST(chaotic_figures, count_no_end_before_its_start) {
  MAGPIE_TEST_USES_SEED(seed);
  runtime rt{{.workers = 2}};
  // Tasks start them: what a thread outside starts may have ended before that thread is through.
  std::atomic<bool> over{false};
  auto starts = rt.spawn([&]() -> magpie::task<> {
    while (!over.load()) {
      for (int i = 0; i < 32; ++i) rt.spawn(magpie_test::number(i)).detach();
      co_await magpie::yield();
    }
  });
  chaos::set(seed, chaos::mood::mixed);
  for (magpie_test::race_rounds looks(2000); looks.more();) {
    const magpie::runtime_metrics m = rt.metrics();
    EXPECT_LE(m.finished, m.started);
    if (HasFailure()) break;
  }
  over = true;
  starts.get();
  chaos::set(0, chaos::mood::none);
}

INSTANTIATE_TEST_SUITE_P(all, chaotic, testing::ValuesIn(magpie_test::all_scenarios()),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace
