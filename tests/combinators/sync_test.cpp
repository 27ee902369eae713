#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/sync.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>

#include "support/courses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using magpie::task_group;
using magpie::with_task_group;
using magpie_test::for_each_seed;
using magpie_test::tick;
using magpie_test::witness;

// Locks ---------------------------------------------------------------------------------------------------------------

TEST(mutex, one_at_a_time) {
  for_each_seed([](runtime& rt) {
    magpie::mutex m;
    int inside = 0;
    int total = 0;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < 10; ++i) {
        group.spawn([&]() -> task<> {
          const auto guard = co_await m.lock();
          EXPECT_EQ(++inside, 1);
          co_await magpie::yield();
          --inside;
          ++total;
        });
      }
      co_return;
    }));
    EXPECT_EQ(total, 10);
    EXPECT_TRUE(m.try_lock());
  });
}

TEST(mutex, first_come_first_served) {
  for_each_seed([](runtime& rt) {
    magpie::mutex m;
    std::vector<int> order;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      auto guard = co_await m.lock();
      for (int i = 0; i < 5; ++i) {
        group.spawn([&, i]() -> task<> {
          co_await magpie::sleep_for(i * tick);
          const auto mine = co_await m.lock();
          order.push_back(i);
        });
      }
      co_await magpie::sleep_for(100 * tick);
      guard.unlock();
      EXPECT_FALSE(m.try_lock());  // it is the first one's already
    }));
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
  });
}

TEST(mutex, guards) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      magpie::mutex m;
      auto a = co_await m.lock();
      EXPECT_TRUE(a && a.owns_lock());
      EXPECT_FALSE(m.try_lock());
      auto b = std::move(a);
      EXPECT_FALSE(a.owns_lock());
      a = std::move(b);
      a.unlock();
      a.unlock();
      b = m.try_lock();
      EXPECT_TRUE(b);
      b.forget();
      EXPECT_FALSE(m.try_lock());
      m.unlock();
      EXPECT_TRUE(m.try_lock());
    });
  });
}

/// Of three who wait, some leave: the lock goes on to who is left, and is free after the last.
TEST(mutex, C6_those_who_leave_the_line_leave_no_trace) {
  for_each_seed([](runtime& rt) {
    for (unsigned leave = 0; leave < 16; ++leave) {
      magpie::mutex m;
      int had_it = 0;
      auto first = m.try_lock();
      std::vector<magpie::join_handle<void>> waiters;
      for (int i = 0; i < 3; ++i) {
        waiters.push_back(rt.spawn([&m, &had_it]() -> task<> {
          const auto guard = co_await m.lock();
          ++had_it;
        }));
      }
      const auto let_others_run = []() -> task<> {
        for (int i = 0; i < 10; ++i) co_await magpie::yield();
      };
      rt.block_on(let_others_run);
      int left = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        if ((leave >> i & 1) != 0) left += waiters[i].cancel() ? 1 : 0;
      }
      if (leave >= 8) rt.block_on(let_others_run);  // they have left; else one may be granted the lock nevertheless
      first.unlock();
      for (auto& w : waiters) rt.block_on(magpie::as_outcome(std::move(w)));
      EXPECT_GE(had_it + left, 3) << "left: " << leave;
      EXPECT_LE(had_it, 3) << "left: " << leave;
      EXPECT_TRUE(m.try_lock());
    }
  });
}

TEST(mutex, C6_a_stopped_wait_took_nothing) {
  for_each_seed([](runtime& rt) {
    magpie::mutex m;
    rt.block_on([](magpie::mutex& mutex) -> task<> {
      auto guard = co_await mutex.lock();
      const auto o = co_await magpie::as_outcome(magpie::with_timeout(tick, mutex.lock()));
      EXPECT_TRUE(o.has_error());
      guard.unlock();
      EXPECT_TRUE(mutex.try_lock());
    }(m));
    EXPECT_TRUE(m.try_lock());
  });
}

TEST(shared_mutex, many_readers_or_one_writer) {
  for_each_seed([](runtime& rt) {
    magpie::shared_mutex m;
    int readers = 0;
    int writers = 0;
    int most = 0;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < 30; ++i) {
        if (i % 5 == 0) {
          group.spawn([&]() -> task<> {
            const auto guard = co_await m.lock();
            EXPECT_EQ(++writers, 1);
            EXPECT_EQ(readers, 0);
            co_await magpie::yield();
            --writers;
          });
        } else {
          group.spawn([&]() -> task<> {
            const auto guard = co_await m.lock_shared();
            ++readers;
            most = std::max(most, readers);
            EXPECT_EQ(writers, 0);
            co_await magpie::sleep_for(tick);
            --readers;
          });
        }
      }
      co_return;
    }));
    EXPECT_GT(most, 1);
    EXPECT_TRUE(m.try_lock());
    const auto a = m.try_lock_shared();
    EXPECT_TRUE(a && m.try_lock_shared());
    EXPECT_FALSE(m.try_lock());
  });
}

TEST(shared_mutex, a_writer_that_gives_up_lets_the_readers_behind_it_go_on) {
  for_each_seed([](runtime& rt) {
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      magpie::shared_mutex m;
      const auto mine = co_await m.lock_shared();
      auto writer = group.spawn([&]() -> task<> { const auto g = co_await m.lock(); });
      co_await magpie::sleep_for(tick);
      auto reader = group.spawn([&]() -> task<> { const auto g = co_await m.lock_shared(); });
      co_await magpie::sleep_for(tick);
      EXPECT_FALSE(reader.ready());  // it does not overtake the writer
      EXPECT_FALSE(m.try_lock_shared());
      writer.cancel();
      co_await reader;
      co_await group.join();
    }));
  });
}

TEST(semaphore, never_more_than_there_are) {
  for_each_seed([](runtime& rt) {
    magpie::semaphore s(3);
    int inside = 0;
    int most = 0;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < 20; ++i) {
        group.spawn([&]() -> task<> {
          const auto permit = co_await s.acquire();
          most = std::max(most, ++inside);
          co_await magpie::yield();
          --inside;
        });
      }
      co_return;
    }));
    EXPECT_LE(most, 3);
    EXPECT_EQ(s.available(), 3u);
    auto one = s.try_acquire();
    EXPECT_TRUE(one);
    EXPECT_EQ(s.available(), 2u);
    s.release(2);
    EXPECT_EQ(s.available(), 4u);
  });
}

TEST(semaphore, C6_permits_are_conserved_when_grants_meet_stops) {
  for_each_seed([](runtime& rt) {
    magpie::semaphore s(2);
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      std::vector<join_handle<void>> handles;
      for (int i = 0; i < 30; ++i) {
        handles.push_back(group.spawn([&]() -> task<> {
          const auto permit = co_await s.acquire();
          co_await magpie::yield();
        }));
      }
      for (std::size_t i = 0; i < handles.size(); i += 2) {
        co_await magpie::yield();
        handles[i].cancel();
      }
      co_await group.join();
    }));
    EXPECT_EQ(s.available(), 2u);
  });
}

// Events --------------------------------------------------------------------------------------------------------------

TEST(event, manual) {
  for_each_seed([](runtime& rt) {
    magpie::event e;
    int woken = 0;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < 200; ++i) {
        group.spawn([&]() -> task<> {
          co_await e.wait();
          ++woken;
        });
      }
      co_await magpie::sleep_for(tick);
      EXPECT_EQ(woken, 0);
      e.set();
      EXPECT_TRUE(e.is_set());
      co_await magpie::sleep_for(tick);
      EXPECT_EQ(woken, 200);
      co_await e.wait();
      e.reset();
      auto late = group.spawn([&]() -> task<> { co_await e.wait(); });
      co_await magpie::sleep_for(tick);
      EXPECT_FALSE(late.ready());
      e.set();
      co_await late;
      co_await group.join();
    }));
  });
}

TEST(event, automatic) {
  for_each_seed([](runtime& rt) {
    magpie::event e(magpie::event_reset::automatic);
    int woken = 0;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (int i = 0; i < 3; ++i) {
        group.spawn([&]() -> task<> {
          co_await e.wait();
          ++woken;
        });
      }
      for (int i = 1; i <= 3; ++i) {
        co_await magpie::sleep_for(tick);
        e.set();
        EXPECT_FALSE(e.is_set());
        co_await magpie::sleep_for(tick);
        EXPECT_EQ(woken, i);
      }
      e.set();
      EXPECT_TRUE(e.is_set());
      co_await e.wait();
      EXPECT_FALSE(e.is_set());
      const auto o = co_await magpie::as_outcome(magpie::with_timeout(tick, e.wait()));
      EXPECT_TRUE(o.has_error());
    }));
  });
}

TEST(event, R8_all_waiters_are_woken_once) {
  runtime rt{{.workers = 2}};
  magpie::event e;
  std::atomic<int> waiting{0};
  std::atomic<int> woken{0};
  constexpr int n = 100'000;
  auto all = rt.spawn(with_task_group([&](task_group& group) -> task<> {
    for (int i = 0; i < n; ++i) {
      group.spawn([&]() -> task<> {
        ++waiting;
        co_await e.wait();
        ++woken;
      });
    }
    co_return;
  }));
  while (waiting < n) std::this_thread::yield();
  e.set();  // a plain thread's
  all.get();
  EXPECT_EQ(woken, n);
}

TEST(latch, counts_down_once) {
  for_each_seed([](runtime& rt) {
    magpie::latch l(3);
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      auto waiter = group.spawn([&]() -> task<> { co_await l.wait(); });
      l.count_down();
      co_await magpie::sleep_for(tick);
      EXPECT_FALSE(waiter.ready() || l.try_wait());
      group.spawn([&]() -> task<> { co_await l.arrive_and_wait(); });
      co_await l.arrive_and_wait();
      EXPECT_TRUE(l.try_wait());
      EXPECT_THROW(l.count_down(), magpie::usage_error);
      co_await waiter;
    }));
  });
}

TEST(barrier, phases) {
  for_each_seed([](runtime& rt) {
    constexpr int parties = 4;
    int completed = 0;
    magpie::barrier b(parties, [&] { ++completed; });
    std::vector<int> phase(parties);
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      for (std::size_t me = 0; me < parties; ++me) {
        group.spawn([&, me]() -> task<> {
          for (int round = 0; round < 5; ++round) {
            ++phase[me];
            co_await b.arrive_and_wait();
            EXPECT_EQ(completed, round + 1);  // the next time needs us
            for (const int p : phase) EXPECT_GE(p, round + 1);
          }
        });
      }
      co_return;
    }));
  });
}

TEST(barrier, who_is_stopped_has_not_arrived) {
  for_each_seed([](runtime& rt) {
    magpie::barrier b(2);
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      const auto o = co_await magpie::as_outcome(magpie::with_timeout(tick, b.arrive_and_wait()));
      EXPECT_TRUE(o.has_error());
      auto other = group.spawn([&]() -> task<> { co_await b.arrive_and_wait(); });
      co_await magpie::sleep_for(tick);
      EXPECT_FALSE(other.ready());
      b.arrive_and_drop();
      co_await other;
      co_await b.arrive_and_wait();  // alone now
    }));
  });
}

// Channels ------------------------------------------------------------------------------------------------------------

TEST(channel, in_order_and_bounded) {
  for_each_seed([](runtime& rt) {
    for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{3}, magpie::unbounded}) {
      magpie::channel<int> c(capacity);
      std::vector<int> got;
      rt.block_on(with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> {
          for (int i = 0; i < 20; ++i) {
            co_await c.send(i);
            EXPECT_LE(c.size(), capacity);
          }
          c.close();
        });
        while (std::optional<int> v = co_await c.receive()) got.push_back(*v);
      }));
      ASSERT_EQ(got.size(), 20u);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(got[static_cast<std::size_t>(i)], i);
    }
  });
}

TEST(channel, many_to_many_each_value_once) {
  for_each_seed([](runtime& rt) {
    for (const std::size_t capacity : {0, 2}) {
      magpie::channel<std::unique_ptr<int>> c(capacity);
      std::vector<int> seen(60);
      rt.block_on(with_task_group([&](task_group& group) -> task<> {
        std::vector<join_handle<void>> senders;
        for (int s = 0; s < 3; ++s) {
          senders.push_back(group.spawn([&, s]() -> task<> {
            for (int i = 0; i < 20; ++i) co_await c.send(std::make_unique<int>(20 * s + i));
          }));
        }
        for (int r = 0; r < 3; ++r) {
          group.spawn([&]() -> task<> {
            while (auto v = co_await c.receive()) ++seen[static_cast<std::size_t>(**v)];
          });
        }
        co_await magpie::gather(senders);
        c.close();
      }));
      for (const int n : seen) EXPECT_EQ(n, 1);
    }
  });
}

TEST(channel, closing_wakes_both_sides) {
  for_each_seed([](runtime& rt) {
    rt.block_on([&]() -> task<> {
      magpie::channel<int> full(1);
      magpie::channel<int> empty(1);
      co_await full.send(1);
      auto sender = rt.spawn([&]() -> task<> { co_await full.send(2); });
      auto receiver = rt.spawn([&]() -> task<bool> {
        const std::optional<int> v = co_await empty.receive();
        co_return v.has_value();
      });
      co_await magpie::sleep_for(tick);
      EXPECT_FALSE(sender.ready() || receiver.ready());
      full.close();
      empty.close();
      full.close();
      EXPECT_TRUE(full.is_closed());
      const auto sent = co_await magpie::as_outcome(std::move(sender));
      EXPECT_THROW(std::rethrow_exception(sent.error()), magpie::channel_closed);
      EXPECT_FALSE(co_await receiver);
      EXPECT_EQ(co_await full.receive(), 1);  // what was there can still be received
      EXPECT_EQ(co_await full.receive(), std::nullopt);
      EXPECT_FALSE(full.try_send(3));
      bool thrown = false;
      try {
        co_await full.send(3);
      } catch (const magpie::channel_closed&) {
        thrown = true;
      }
      EXPECT_TRUE(thrown);
    });
  });
}

TEST(channel, try_send_and_try_receive) {
  magpie::channel<std::unique_ptr<int>> c(1);
  EXPECT_EQ(c.try_receive(), std::nullopt);
  auto a = std::make_unique<int>(1);
  EXPECT_TRUE(c.try_send(std::move(a)));
  auto b = std::make_unique<int>(2);
  EXPECT_FALSE(c.try_send(std::move(b)));
  ASSERT_TRUE(b);  // NOLINT(bugprone-use-after-move): it is as before
  EXPECT_EQ(**c.try_receive(), 1);
  EXPECT_TRUE(c.try_send(std::move(b)));
  c.close();
  EXPECT_FALSE(c.try_send(std::make_unique<int>(3)));
  EXPECT_EQ(**c.try_receive(), 2);
}

TEST(channel, C6_a_stopped_wait_took_nothing) {
  for_each_seed([](runtime& rt) {
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      magpie::channel<int> c(1);
      int received = 0;
      int sent = 0;
      std::vector<join_handle<void>> handles;
      for (int i = 0; i < 20; ++i) {
        handles.push_back(group.spawn([&]() -> task<> {
          co_await c.send(1);
          ++sent;
        }));
        handles.push_back(group.spawn([&]() -> task<> {
          if (const auto v = co_await c.receive()) received += *v;
        }));
      }
      for (std::size_t i = 0; i < handles.size(); i += 3) {
        co_await magpie::yield();
        handles[i].cancel();
      }
      co_await magpie::sleep_for(tick);
      while (auto v = c.try_receive()) received += *v;
      c.close();
      co_await group.join();
      EXPECT_EQ(sent, received);
    }));
  });
}

TEST(channel, values_that_nobody_received_are_destroyed_once) {
  for_each_seed([](runtime& rt) {
    {
      magpie::channel<witness> c(10);
      rt.block_on([&]() -> task<> {
        for (int i = 0; i < 5; ++i) co_await c.send(witness(i));
        const auto v = co_await c.receive();
        EXPECT_EQ(v->value(), 0);
      });
    }
    EXPECT_EQ(witness::alive(), 0);
  });
}

}  // namespace
