#include <magpie/cancellation.hpp>
#include <magpie/completion.hpp>
#include <magpie/gather.hpp>
#include <magpie/outcome.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/patience.hpp"
#include "support/seed.hpp"
#include "support/stress_scale.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

/// Cancellation against whatever may happen at the same time, on threads. Each race says how often it went which way.
namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using magpie_test::race_rounds;
using magpie_test::racing_events;
using magpie_test::witness;
using namespace std::chrono_literals;

/// Random lengths of work that find for themselves where a race is close: longer when the other side wins too often.
class balance {
 public:
  explicit balance(std::uint64_t seed) : random_(seed) {}
  std::uint64_t mine() { return random_() % (1 + mine_); }
  std::uint64_t others() { return random_() % (1 + others_); }
  void i_won() noexcept {
    if (others_ > 100) others_ -= others_ / 64;
    if (mine_ < most) mine_ += 1 + mine_ / 64;
  }
  void i_lost() noexcept {
    if (mine_ > 100) mine_ -= mine_ / 64;
    if (others_ < most) others_ += 1 + others_ / 64;
  }
  std::uint64_t dice() { return random_(); }

 private:
  static constexpr std::uint64_t most = 100'000;
  std::mt19937_64 random_;
  std::uint64_t mine_ = 2000;
  std::uint64_t others_ = 2000;
};

void spin(std::uint64_t steps) {
  for (; steps > 0; --steps) asm volatile("");
}

task<witness> witness_after(std::uint64_t steps) {
  spin(steps);
  co_await magpie::checkpoint();
  co_return witness(1);
}

TEST(cancel_race, R1_cancel_against_completion) {
  MAGPIE_TEST_USES_SEED(seed);
  balance sides(seed);
  race_rounds rounds(racing_events());
  int values = 0;
  int cancelled = 0;
  int too_late = 0;
  {
    runtime rt{{.workers = 2}};
    std::atomic<join_handle<witness>*> target{nullptr};
    std::atomic<std::uint64_t> pause{0};
    std::atomic<bool> was_running{false};
    std::atomic<bool> on_the_mark{false};
    std::atomic<bool> over{false};
    std::thread canceller([&] {
      for (;;) {
        join_handle<witness>* h = nullptr;
        while ((h = target.load()) == nullptr) {
          if (over.load()) return;
          std::this_thread::yield();
        }
        on_the_mark.store(true);
        spin(pause.load());
        was_running.store(h->cancel());
        target.store(nullptr);
      }
    });
    while (rounds.more({values, cancelled})) {
      // Half of them wait for the canceller, or on a busy machine he would always come too late.
      on_the_mark.store(sides.dice() % 2 == 0);
      const std::uint64_t steps = sides.mine();
      auto h = rt.spawn([&on_the_mark, steps]() -> task<witness> {
        while (!on_the_mark.load()) std::this_thread::yield();
        co_return co_await witness_after(steps);
      });
      pause.store(sides.others());
      target.store(&h);
      h.wait();
      while (target.load() != nullptr) std::this_thread::yield();
      EXPECT_FALSE(h.cancel());
      auto o = h.take();
      EXPECT_FALSE(o.has_error());
      EXPECT_NE(o.has_value(), o.is_cancelled());
      if (o.has_value()) {
        ++values;
        sides.i_won();
        EXPECT_EQ(o.value().value(), 1);
      } else {
        ++cancelled;
        sides.i_lost();
        EXPECT_TRUE(was_running.load());
      }
      too_late += was_running.load() ? 0 : 1;
    }
    over.store(true);
    canceller.join();
  }
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("values", std::to_string(values));
  RecordProperty("cancelled", std::to_string(cancelled));
  RecordProperty("cancel_was_too_late", std::to_string(too_late));
  EXPECT_EQ(values + cancelled, rounds.made());
  EXPECT_GT(values, rounds.enough());
  EXPECT_GT(cancelled, rounds.enough());
}

TEST(cancel_race, R2_a_deadline_against_completion) {
  MAGPIE_TEST_USES_SEED(seed);
  balance sides(seed);
  race_rounds rounds(racing_events());
  int in_time = 0;
  int late = 0;
  runtime rt{{.workers = 2}};
  rt.block_on([&]() -> task<> {
    while (rounds.more({in_time, late})) {
      const auto length = std::chrono::nanoseconds(sides.others());
      try {
        const witness w = co_await magpie::with_timeout(length, witness_after(sides.mine()));
        EXPECT_EQ(w.value(), 1);
        ++in_time;
        sides.i_won();
      } catch (const magpie::timed_out&) {
        ++late;
        sides.i_lost();
      }
      EXPECT_EQ(witness::alive(), 0);
      co_await magpie::checkpoint();  // nobody asked us
    }
  });
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("in_time", std::to_string(in_time));
  RecordProperty("late", std::to_string(late));
  EXPECT_EQ(in_time + late, rounds.made());
  EXPECT_GT(in_time, rounds.enough());
  EXPECT_GT(late, rounds.enough());
}

TEST(cancel_race, R3_a_stop_against_the_registration_of_a_sleep) {
  MAGPIE_TEST_USES_SEED(seed);
  balance sides(seed);
  race_rounds rounds(racing_events());
  int slept = 0;
  int stopped = 0;
  runtime rt{{.workers = 2}};
  while (rounds.more({slept, stopped})) {
    magpie::stop_source source;
    const auto length = std::chrono::nanoseconds(sides.mine());
    // On a busy machine we would always be first: half the time, the sleeper is.
    std::atomic<bool> may_stop{sides.dice() % 2 == 0};
    auto sleeper = [&may_stop](std::chrono::nanoseconds l, witness) -> task<> {
      may_stop.store(true);
      co_await magpie::sleep_for(l);
    };
    auto h = rt.spawn(magpie::with_stop_token(source.get_token(), sleeper(length, witness())));
    while (!may_stop.load()) std::this_thread::yield();
    spin(sides.others());
    source.request_stop();
    h.wait();
    auto o = h.take();
    EXPECT_FALSE(o.has_error());
    if (o.has_value()) {
      ++slept;
      sides.i_won();
    } else {
      ++stopped;
      sides.i_lost();
    }
  }
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("slept", std::to_string(slept));
  RecordProperty("stopped", std::to_string(stopped));
  EXPECT_GT(slept, rounds.enough());
  EXPECT_GT(stopped, rounds.enough());
}

TEST(cancel_race, R4_S2_two_winners_in_race) {
  MAGPIE_TEST_USES_SEED(seed);
  balance sides(seed);
  race_rounds rounds(racing_events());
  int first = 0;
  runtime rt{{.workers = 2}};
  rt.block_on([&]() -> task<> {
    auto runner = [](std::uint64_t steps, int n) -> task<witness> {
      co_await magpie::yield();  // else the first one is done before the second is begun
      spin(steps);
      co_return witness(n);
    };
    while (rounds.more({first, rounds.made() - first})) {
      // One statement each: what it holds ends with it.
      auto both = magpie::race(runner(sides.mine(), 0), runner(sides.others(), 1));
      const bool first_won = [](auto won) {
        EXPECT_EQ(std::visit([](const witness& w) { return w.value(); }, won), static_cast<int>(won.index()));
        return won.index() == 0;
      }(co_await std::move(both));
      EXPECT_EQ(witness::alive(), 0);
      first += first_won ? 1 : 0;
      first_won ? sides.i_won() : sides.i_lost();
    }
  });
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("first_won", std::to_string(first));
  EXPECT_GT(first, rounds.enough());
  EXPECT_GT(rounds.made() - first, rounds.enough());
}

TEST(cancel_race, R5_spawn_cancel_join_and_the_last_reference_each_elsewhere) {
  MAGPIE_TEST_USES_SEED(seed);
  constexpr int spawns_a_group = 200;
  race_rounds groups(racing_events() / spawns_a_group);
  std::atomic<int> spawned{0};
  std::atomic<int> refused{0};
  std::atomic<int> ran{0};
  std::atomic<int> ended{0};
  runtime rt{{.workers = 2}};
  std::mt19937_64 random(seed);
  while (groups.more({ran.load(), refused.load()})) {
    std::optional<magpie::task_group> copy;
    std::atomic<int> stage{0};  // 1: the group is there; 2: the spawner has a copy of its own, and spawns
    const std::uint64_t pause = random() % 200'000;
    std::thread spawner([&] {
      while (stage.load() < 1) std::this_thread::yield();
      const magpie::task_group group = *copy;
      stage.fetch_add(1);
      auto child = [](std::atomic<int>& runs, std::atomic<int>& ends, witness w) -> task<> {
        struct at_the_end {
          explicit at_the_end(std::atomic<int>& c) : count(c) {}
          ~at_the_end() { count.fetch_add(1); }
          std::atomic<int>& count;
        };
        const at_the_end last(ends);
        runs.fetch_add(1);
        co_await magpie::checkpoint();
        static_cast<void>(w);
      };
      for (int i = 0; i < spawns_a_group; ++i) {
        try {
          auto h = group.spawn(child(ran, ended, witness()));
          spawned.fetch_add(1);
          if (i % 3 == 0) h.cancel();
          if (i % 5 == 0) h.wait();
        } catch (const magpie::usage_error&) {
          refused.fetch_add(1);
        }
      }
    });
    std::thread canceller([&] {
      while (stage.load() < 2) std::this_thread::yield();
      const magpie::task_group group = *copy;
      spin(pause);
      group.cancel();
    });
    rt.block_on([&]() -> task<> {
      const auto body = [&](magpie::task_group& group) -> task<> {
        copy.emplace(group);
        stage.store(1);
        // A stop ends the body at once, and the group closes when its last child has ended.
        co_await magpie::sleep_until(magpie::never);
      };
      co_await magpie::with_task_group(body);
    });
    EXPECT_EQ(ran.load(), ended.load());  // the scope outlasts the children
    spawner.join();
    canceller.join();
    copy.reset();
  }
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("ran", std::to_string(ran.load()));
  RecordProperty("cancelled", std::to_string(spawned.load() - ran.load()));
  RecordProperty("refused", std::to_string(refused.load()));
  EXPECT_LE(ran.load(), spawned.load());
  EXPECT_EQ(spawned.load() + refused.load(), groups.made() * spawns_a_group);
  EXPECT_EQ(ran.load(), ended.load());
  EXPECT_GT(ran.load(), groups.enough());
  EXPECT_GT(refused.load(), groups.enough());
}

TEST(cancel_race, R6_a_stop_callback_that_destroys_itself) {
  const int rounds = racing_events();
  int called = 0;
  for (int i = 0; i < rounds; ++i) {
    magpie::stop_source source;
    struct callback {
      void operator()() const {
        ++*calls;
        self->reset();  // *this is gone
      }
      std::optional<magpie::stop_callback<callback>>* self;
      int* calls;
    };
    std::optional<magpie::stop_callback<callback>> registered;
    registered.emplace(source.get_token(), callback{&registered, &called});
    EXPECT_TRUE(source.request_stop());
    EXPECT_FALSE(registered.has_value());
    EXPECT_FALSE(source.request_stop());
  }
  EXPECT_EQ(called, rounds);
}

TEST(cancel_race, R6_a_stop_callback_destroyed_while_another_thread_runs_it) {
  MAGPIE_TEST_USES_SEED(seed);
  balance sides(seed);
  race_rounds rounds(racing_events());
  int called = 0;
  int removed = 0;
  std::atomic<magpie::stop_source*> target{nullptr};
  std::atomic<std::uint64_t> pause{0};
  std::atomic<bool> on_the_mark{false};
  std::atomic<bool> over{false};
  std::thread requester([&] {
    for (;;) {
      magpie::stop_source* s = nullptr;
      while ((s = target.load()) == nullptr) {
        if (over.load()) return;
        std::this_thread::yield();
      }
      on_the_mark.store(true);
      spin(pause.load());
      s->request_stop();
      target.store(nullptr);
    }
  });
  while (rounds.more({called, removed})) {
    magpie::stop_source source;
    int times = 0;           // plain: the destructor waits for a call that runs, so we see what it wrote
    bool destroyed = false;  // the callback must not run after that
    {
      const magpie::stop_callback listens(source.get_token(), [&] {
        EXPECT_FALSE(destroyed);
        spin(50);
        ++times;
      });
      pause.store(sides.others());
      on_the_mark.store(false);
      target.store(&source);
      // Where both threads share a processor, this decides who is first.
      const bool waits = sides.dice() % 2 == 0;
      while (waits && !on_the_mark.load()) std::this_thread::yield();
      spin(sides.mine());
    }
    const int seen = times;
    destroyed = true;
    while (target.load() != nullptr) std::this_thread::yield();
    EXPECT_EQ(times, seen);
    EXPECT_LE(seen, 1);
    if (seen == 0) {
      ++removed;
      sides.i_won();
    } else {
      ++called;
      sides.i_lost();
    }
  }
  over.store(true);
  requester.join();
  RecordProperty("called", std::to_string(called));
  RecordProperty("removed", std::to_string(removed));
  EXPECT_GT(called, rounds.enough());
  EXPECT_GT(removed, rounds.enough());
}

TEST(cancel_race, R9_shutdown_while_foreign_threads_spawn) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  const int rounds = racing_events() / 100;
  constexpr int spawns_each = 200;
  int refused_in_all = 0;
  int ran_in_all = 0;
  for (int i = 0; i < rounds; ++i) {
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    std::atomic<int> ended{0};
    std::atomic<bool> last_may_come{i != 0};  // in the first round the last spawns come after the shutdown, for sure
    {
      runtime rt{{.workers = 2}};
      std::vector<std::thread> threads;
      for (int t = 0; t < 2; ++t) {
        threads.emplace_back([&] {
          auto child = [](std::atomic<int>& e, witness) -> task<> {
            e.fetch_add(1);
            co_return;
          };
          for (int n = 0; n < spawns_each; ++n) {
            if (n + 1 == spawns_each) last_may_come.wait(false);
            try {
              rt.spawn(child(ended, witness())).detach();
              accepted.fetch_add(1);
            } catch (const magpie::usage_error&) {
              refused.fetch_add(1);
            }
          }
        });
      }
      const int some = 1 + static_cast<int>(random() % (2 * spawns_each - 2));
      while (accepted.load() < some) std::this_thread::yield();
      rt.shutdown(1h);  // all that was accepted runs to its end
      last_may_come.store(true);
      last_may_come.notify_all();
      const int after = ended.load();
      for (std::thread& t : threads) t.join();
      EXPECT_EQ(ended.load(), after);
      EXPECT_EQ(ended.load(), accepted.load());
    }
    EXPECT_EQ(accepted.load() + refused.load(), 2 * spawns_each);
    refused_in_all += refused.load();
    ran_in_all += ended.load();
  }
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("refused", std::to_string(refused_in_all));
  RecordProperty("ran", std::to_string(ran_in_all));
  EXPECT_GT(refused_in_all, 0);
  EXPECT_GT(ran_in_all, 0);
}

TEST(cancel_race, R9_a_runtime_ends_while_foreign_threads_wake_what_its_tasks_wait_for) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  const int rounds = racing_events() / 50;
  constexpr std::size_t each = 4;
  int woken = 0;
  std::uint64_t life = 40'000;  // of a runtime, about: so that some of its tasks go on, but not all
  runtime other{{.workers = 1}};
  for (int i = 0; i < rounds; ++i) {
    std::array<magpie::completion<int>, each> completions;
    std::array<magpie::stop_source, each> ours;
    std::array<std::stop_source, each> standard;
    std::atomic<int> went_on{0};
    std::atomic<bool> may_wake{i != 0};  // the first round wakes what is gone, for sure
    std::thread waker;
    {
      runtime rt{{.workers = 2}};
      auto completed = [](magpie::completion<int>& c, std::atomic<int>& n, witness) -> task<> {
        co_await c.wait();
        n.fetch_add(1);
      };
      auto never_ends = [](witness) -> task<> { co_await magpie::sleep_until(magpie::never); };
      auto joins = [](join_handle<witness> h, std::atomic<int>& n, witness) -> task<> {
        const witness w = co_await h;
        n.fetch_add(1);
      };
      for (std::size_t k = 0; k < each; ++k) {
        rt.spawn(completed(completions[k], went_on, witness())).detach();
        rt.spawn(magpie::with_stop_token(ours[k].get_token(), never_ends(witness()))).detach();
        rt.spawn(magpie::with_stop_token(standard[k].get_token(), never_ends(witness()))).detach();
        rt.spawn(joins(other.spawn(witness_after(random() % 40'000)), went_on, witness())).detach();
      }
      const std::uint64_t pause = random() % 40'000;
      waker = std::thread([&, pause] {
        spin(pause);
        may_wake.wait(false);
        for (std::size_t k = 0; k < each; ++k) {
          completions[k].set_value(1);
          ours[k].request_stop();
          standard[k].request_stop();
        }
      });
      spin(random() % life);
      if (i + 1 == rounds) {  // and in the last one all go on
        EXPECT_TRUE(magpie_test::comes_true([&] { return went_on.load() == 2 * static_cast<int>(each); }));
      }
    }
    may_wake.store(true);
    may_wake.notify_all();
    waker.join();
    woken += went_on.load();
    if (went_on.load() < static_cast<int>(each)) {
      life = std::min<std::uint64_t>(life + life / 8, 4'000'000);
    } else {
      life -= life / 8;
    }
  }
  EXPECT_TRUE(magpie_test::comes_true([] { return witness::alive() == 0; }));  // the last of `other`
  EXPECT_EQ(witness::wrong(), 0);
  RecordProperty("woken", std::to_string(woken));
  EXPECT_GT(woken, 0);
  EXPECT_LT(woken, rounds * 2 * static_cast<int>(each));
}

TEST(cancel_race, C4_G9_stops_beside_clean_ups_and_handles_given_away) {
  MAGPIE_TEST_USES_SEED(seed);
  balance sides(seed);
  race_rounds rounds(racing_events() / 2);
  std::atomic<int> cleaned{0};
  int cancelled = 0;
  runtime rt{{.workers = 2}};
  while (rounds.more({cancelled, rounds.made() - cancelled})) {
    const int before = cleaned.load();
    auto work = [](std::uint64_t steps, witness) -> task<> {
      spin(steps);
      co_await magpie::checkpoint();
    };
    auto fails = [](std::uint64_t steps) -> task<> {
      spin(steps);
      if (steps % 4 == 0) throw 1;
      co_return;
    };
    auto clean_up = [&]() -> task<> {
      cleaned.fetch_add(1);
      co_return;
    };
    auto given = rt.spawn(magpie::finally(work(sides.mine(), witness()), clean_up));
    auto h = rt.spawn(magpie::gather(magpie::finally(work(sides.mine(), witness()), clean_up), fails(sides.mine()),
                                     std::move(given), magpie::finally(work(sides.mine(), witness()), clean_up)));
    // On a busy machine we would always be first: half the time, one of them is.
    const bool waits = sides.dice() % 2 == 0;
    while (waits && cleaned.load() == before) std::this_thread::yield();
    spin(sides.others());
    h.cancel();
    h.wait();
    EXPECT_EQ(cleaned.load(), before + 3);
    if (h.take().is_cancelled()) {
      ++cancelled;
      sides.i_lost();
    } else {
      sides.i_won();
    }
  }
  EXPECT_NO_WITNESS_LEFT();
  RecordProperty("cancelled", std::to_string(cancelled));
  EXPECT_GT(cancelled, rounds.enough());
  EXPECT_GT(rounds.made() - cancelled, rounds.enough());
}

}  // namespace
