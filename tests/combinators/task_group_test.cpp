#include <magpie/cancellation.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/yield.hpp>

#include "support/courses.hpp"
#include "support/gate.hpp"
#include "support/sanitizers.hpp"
#include "support/stress_scale.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using magpie::exception_group;
using magpie::join_handle;
using magpie::on_error;
using magpie::runtime;
using magpie::task;
using magpie::task_cancelled;
using magpie::task_group;
using magpie::task_group_options;
using magpie::usage_error;
using magpie::with_task_group;
using namespace magpie_test;

/// The texts of the errors in a group, one after the other; groups inside in brackets.
std::string texts(const exception_group& group) {
  std::string all;
  for (const std::exception_ptr& error : group.exceptions()) {
    if (!all.empty()) all += ' ';
    try {
      std::rethrow_exception(error);
    } catch (const exception_group& inner) {
      all += '(' + texts(inner) + ')';
    } catch (const std::exception& e) {
      all += e.what();
    }
  }
  return all;
}

template <class A>
task<std::string> errors_of(A awaited) {
  try {
    static_cast<void>(co_await std::move(awaited));
  } catch (const exception_group& group) {
    co_return texts(group);
  } catch (const task_cancelled&) {
    co_return "cancelled";
  }
  co_return "none";
}

TEST(task_group, T1_ends_after_body_and_children) {
  for_each_seed([](runtime& rt) {
    std::atomic<int> ended{0};
    rt.block_on([&]() -> task<> {
      std::optional<join_handle<int>> h;
      const int r = co_await with_task_group([&](task_group& group) -> task<int> {
        h = group.spawn(value_after(2 * tick, 7));
        for (int i = 0; i < 3; ++i) {
          group.spawn([&, i]() -> task<> {
            co_await magpie::sleep_for(i * tick);
            ++ended;
          });
        }
        EXPECT_LE(group.active(), 4u);
        co_return 5;
      });
      EXPECT_EQ(r, 5);
      EXPECT_EQ(ended, 3);
      EXPECT_TRUE(h->ready());
      EXPECT_EQ(co_await *h, 7);
    });
  });
}

TEST(task_group, T1_handles_can_be_read_in_the_body) {
  for_each_seed([](runtime& rt) {
    const int sum = rt.block_on(with_task_group([](task_group& group) -> task<int> {
      auto a = group.spawn(value_after(tick, 1));
      auto b = group.spawn(value_after(std::chrono::nanoseconds(0), 2));
      const int x = co_await a;
      const int y = co_await b;
      co_return x + y;
    }));
    EXPECT_EQ(sum, 3);
  });
}

TEST(task_group, T2_failing_child_cancels_siblings_and_body) {
  for_each_seed([](runtime& rt) {
    bool body_went_on = false;
    std::vector<join_handle<void>> siblings;
    const std::string thrown = rt.block_on([&]() -> task<std::string> {
      co_return co_await errors_of(with_task_group([&](task_group& group) -> task<> {
        const witness local;
        siblings.push_back(group.spawn(sleeps_forever()));
        siblings.push_back(group.spawn(sleeps_forever()));
        group.spawn(fails_after(tick, "one"));
        co_await magpie::sleep_until(magpie::never);
        body_went_on = true;
      }));
    });
    EXPECT_EQ(thrown, "one");
    EXPECT_FALSE(body_went_on);
    for (auto& h : siblings) EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T2_all_real_errors_are_there_and_no_others) {
  for_each_seed([](runtime& rt) {
    const std::string thrown = rt.block_on(errors_of(with_task_group([](task_group& group) -> task<> {
      for (int i = 0; i < 2; ++i) {
        group.spawn([]() -> task<> {  // fails because it is stopped
          auto clean_up = []() -> task<> {
            co_await magpie::sleep_for(tick);
            throw std::range_error("late");
          };
          co_await magpie::finally(sleeps_forever(), clean_up);
        });
      }
      group.spawn(sleeps_forever());
      group.spawn(fails_after(3 * tick, "early"));
      co_return;
    })));
    EXPECT_EQ(thrown, "early late late");
  });
}

TEST(task_group, T2_the_handle_of_the_failed_child_has_its_error_too) {
  for_each_seed([](runtime& rt) {
    std::optional<join_handle<int>> h;
    rt.block_on([&]() -> task<> {
      const std::string thrown = co_await errors_of(with_task_group([&](task_group& group) -> task<> {
        h = group.spawn(fails_after(tick, "x"));
        co_return;
      }));
      EXPECT_EQ(thrown, "x");
    });
    EXPECT_EQ(text_of(h->take().error()), "x");
  });
}

TEST(task_group, T3_a_child_cancelled_alone_is_no_error) {
  for_each_seed([](runtime& rt) {
    const int r = rt.block_on(with_task_group([](task_group& group) -> task<int> {
      auto other = group.spawn(value_after(2 * tick, 3));
      auto h = group.spawn(sleeps_forever());
      co_await magpie::yield();
      EXPECT_TRUE(h.cancel());
      group.spawn([]() -> task<> { co_await magpie::stopped(); });
      co_await magpie::sleep_for(tick);
      EXPECT_FALSE(group.cancelled());
      co_return co_await other;
    }));
    EXPECT_EQ(r, 3);
  });
}

TEST(task_group, T4_a_failing_body_cancels_the_children) {
  for_each_seed([](runtime& rt) {
    const std::string thrown = rt.block_on(errors_of(with_task_group([](task_group& group) -> task<> {
      group.spawn(sleeps_forever());
      group.spawn([]() -> task<> {
        auto clean_up = []() -> task<> {
          co_await magpie::sleep_for(tick);
          throw std::range_error("child");
        };
        co_await magpie::finally(sleeps_forever(), clean_up);
      });
      co_await magpie::sleep_for(tick);
      throw std::range_error("body");
    })));
    EXPECT_EQ(thrown, "body child");
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T4_a_body_that_stops_itself_takes_the_children_with_it) {
  for_each_seed([](runtime& rt) {
    for (const bool by_exception : {false, true}) {
      int in = 0;
      int out = 0;
      int at_the_end_of_the_child = -1;
      const std::string thrown = rt.block_on(errors_of(with_task_group([&](task_group& group) -> task<> {
        const passage local(in, out);
        group.spawn([&]() -> task<> {
          struct looks {
            int& from;
            int& to;
            ~looks() { to = from; }
          };
          const looks last{out, at_the_end_of_the_child};
          co_await magpie::sleep_until(magpie::never);
        });
        co_await magpie::sleep_for(tick);
        if (by_exception) throw task_cancelled();
        co_await magpie::stopped();
      })));
      EXPECT_EQ(thrown, "cancelled");
      EXPECT_EQ(out, 1);
      if (!by_exception) {
        EXPECT_EQ(at_the_end_of_the_child, 0) << "the body's locals are there until the child ends";
      }
    }
  });
}

TEST(task_group, T5_cancelled_from_outside_the_scope_ends_cancelled) {
  for_each_seed([](runtime& rt) {
    bool went_on = false;
    std::vector<join_handle<void>> children;
    auto h = rt.spawn([&]() -> task<int> {
      co_await with_task_group([&](task_group& group) -> task<> {
        children.push_back(group.spawn(sleeps_forever()));
        children.push_back(group.spawn(sleeps_forever()));
        co_await magpie::sleep_until(magpie::never);
      });
      went_on = true;
      co_return 1;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_FALSE(went_on);
    for (auto& c : children) EXPECT_TRUE(c.take().is_cancelled());
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T5_also_when_the_body_had_returned) {
  for_each_seed([](runtime& rt) {
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<int> {
      const int r = co_await with_task_group([&](task_group& group) -> task<int> {
        group.spawn(sleeps_forever());
        co_return 3;
      });
      went_on = true;
      co_return r;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled()) << "the children were cut short, and nobody would know";
    EXPECT_FALSE(went_on);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T5_children_that_end_with_values_after_the_stop_lose_nothing) {
  for_each_seed([](runtime& rt) {
    auto h = rt.spawn([&]() -> task<int> {
      int sum = 0;
      co_await with_task_group([&](task_group& group) -> task<> {
        group.spawn([&]() -> task<> { sum += co_await magpie::shield(value_after(3 * tick, 4)); });
        co_return;
      });
      co_return sum;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    auto o = h.take();
    ASSERT_TRUE(o.has_value());
    EXPECT_EQ(o.value(), 4);
  });
}

TEST(task_group, T5_errors_met_on_the_way_win_and_the_stop_is_seen_after) {
  for_each_seed([](runtime& rt) {
    std::string thrown;
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      try {
        co_await with_task_group([&](task_group& group) -> task<> {
          group.spawn([]() -> task<> {
            auto clean_up = []() -> task<> {
              co_await magpie::sleep_for(tick);
              throw std::range_error("on the way");
            };
            co_await magpie::finally(sleeps_forever(), clean_up);
          });
          group.spawn(sleeps_forever());
          co_await magpie::sleep_until(magpie::never);
        });
      } catch (const exception_group& group) {
        thrown = texts(group);
      }
      co_await magpie::checkpoint();
      went_on = true;
    });
    rt.block_on(ends_after(tick));
    h.cancel();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_EQ(thrown, "on the way");
    EXPECT_FALSE(went_on);
  });
}

TEST(task_group, T6_nested_groups_give_nested_exception_groups) {
  for_each_seed([](runtime& rt) {
    const std::string thrown = rt.block_on(errors_of(with_task_group([](task_group& outer) -> task<> {
      outer.spawn([]() -> task<> {
        co_await with_task_group([](task_group& inner) -> task<> {
          inner.spawn(fails_after(tick, "in"));
          co_return;
        });
      });
      co_return;
    })));
    EXPECT_EQ(thrown, "(in)");
  });
}

TEST(task_group, T6_an_inner_group_in_the_body) {
  for_each_seed([](runtime& rt) {
    const std::string thrown = rt.block_on(errors_of(with_task_group([](task_group& outer) -> task<> {
      outer.spawn(sleeps_forever());
      co_await with_task_group([](task_group& inner) -> task<> {
        inner.spawn(fails_after(tick, "in"));
        co_await magpie::sleep_until(magpie::never);
      });
    })));
    EXPECT_EQ(thrown, "(in)");
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T6_an_outer_failure_cancels_the_inner_group) {
  for_each_seed([](runtime& rt) {
    const std::string thrown = rt.block_on(errors_of(with_task_group([](task_group& outer) -> task<> {
      outer.spawn([]() -> task<> {
        co_await with_task_group([](task_group& inner) -> task<> {
          inner.spawn(sleeps_forever());
          co_await magpie::sleep_until(magpie::never);
        });
      });
      outer.spawn(fails_after(tick, "out"));
      co_return;
    })));
    EXPECT_EQ(thrown, "out");
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T7_children_spawn_while_the_group_is_joining) {
  for_each_seed([](runtime& rt) {
    std::atomic<int> ended{0};
    struct tree {
      static task<> grow(task_group group, int depth, std::atomic<int>& count) {
        co_await magpie::sleep_for(tick / 4);
        for (int i = 0; depth > 0 && i < 3; ++i) group.spawn(grow(group, depth - 1, count));
        ++count;
      }
    };
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      group.spawn(tree::grow(group, 4, ended));
      co_return;
    }));
    EXPECT_EQ(ended, 1 + 3 + 9 + 27 + 81);
  });
}

TEST(task_group, T7_a_spawn_bomb_is_stopped_by_cancel) {
  for_each_seed([](runtime& rt) {
    struct bomb {
      static task<> go_off(task_group group, int depth) {
        if (depth == 1'000'000) co_return;  // never, but compilers dislike a recursion without an end
        group.spawn(go_off(group, depth + 1));
        co_await magpie::yield();
        group.spawn(go_off(group, depth + 1));
      }
    };
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      group.spawn(bomb::go_off(group, 0));
      for (int i = 0; i < 2; ++i) co_await magpie::yield();
      group.cancel();
    }));
  });
}

TEST(task_group, T8_finished_tasks_leave_nothing_behind) {
  runtime rt{{.workers = 2}};
  std::atomic<int> ended{0};
  const int many = fewer_if_sanitized(1'000'000, 50'000);
  rt.block_on(with_task_group([&](task_group& group) -> task<> {
    for (int i = 0; i < many; ++i) {
      group.spawn([&]() -> task<> {
        ended.fetch_add(1, std::memory_order_relaxed);
        co_return;
      });
      if (i % 64 == 0) co_await group.join();
    }
    co_await group.join();
    EXPECT_EQ(group.active(), 0u);
  }));
  EXPECT_EQ(ended, many);
}

TEST(task_group, T9_a_copy_starts_nothing_after_the_end) {
  for_each_seed([](runtime& rt) {
    std::optional<task_group> copy;
    rt.block_on([&]() -> task<> {
      co_await with_task_group([&](task_group& group) -> task<> {
        copy = group;
        co_return;
      });
      copy->cancel();
      EXPECT_EQ(copy->active(), 0u);
      EXPECT_THROW(copy->spawn(sleeps_forever()), usage_error);
    });
    EXPECT_THROW(copy->spawn(sleeps_forever()), usage_error);
    EXPECT_FALSE(copy->get_stop_token().stop_requested());
    EXPECT_FALSE(copy->get_stop_token().stop_possible());
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T9_a_cancelled_group_starts_nothing) {
  for_each_seed([](runtime& rt) {
    for (const bool limited : {false, true}) {
      bool ran = false;
      task_group_options options;
      if (limited) options.limit = 1;
      std::optional<join_handle<void>> h;
      rt.block_on(with_task_group(options, [&](task_group& group) -> task<> {
        const witness kept;
        group.cancel();
        EXPECT_TRUE(group.cancelled());
        auto child = [&ran, kept]() -> task<> {
          ran = true;
          co_return;
        };
        h = group.spawn(child);
        co_return;
      }));
      EXPECT_FALSE(ran);
      EXPECT_TRUE(h->take().is_cancelled());
      EXPECT_NO_WITNESS_LEFT();
    }
  });
}

TEST(task_group, T10_a_body_that_returned_delivers_its_value_after_cancel) {
  for_each_seed([](runtime& rt) {
    const int r = rt.block_on(with_task_group([](task_group& group) -> task<int> {
      group.spawn(sleeps_forever());
      group.cancel();
      group.cancel();
      co_return 4;
    }));
    EXPECT_EQ(r, 4);
    const int late = rt.block_on(with_task_group([](task_group& group) -> task<int> {
      group.spawn(sleeps_forever());
      auto cancels = [group]() -> task<> {
        co_await magpie::sleep_for(tick);
        group.cancel();
      };
      group.spawn(cancels);
      co_return 5;
    }));
    EXPECT_EQ(late, 5);
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T10_a_body_cut_short) {
  for_each_seed([](runtime& rt) {
    rt.block_on([]() -> task<> {
      bool went_on = false;
      co_await with_task_group([&](task_group& group) -> task<> {
        group.cancel();
        co_await magpie::checkpoint();
        went_on = true;
      });
      EXPECT_FALSE(went_on);
      bool thrown = false;
      try {
        co_await with_task_group([&](task_group& group) -> task<int> {
          group.cancel();
          co_await magpie::checkpoint();
          co_return 1;
        });
      } catch (const task_cancelled&) {
        thrown = true;
      }
      EXPECT_TRUE(thrown);
      co_await magpie::checkpoint();  // nobody asked us to stop
    });
  });
}

TEST(task_group, T10_cancel_from_a_plain_thread) {
  runtime rt{{.workers = 2}};
  for (int round = 0; round < 50; ++round) {
    gate started;
    std::optional<task_group> copy;
    auto h = rt.spawn(with_task_group([&](task_group& group) -> task<> {
      copy = group;
      group.spawn(sleeps_forever());
      started.open();
      co_await magpie::sleep_until(magpie::never);
    }));
    ASSERT_TRUE(started.wait());
    std::thread other([&] { copy->cancel(); });
    copy->cancel();
    other.join();
    h.get();
    copy->cancel();
    EXPECT_TRUE(copy->cancelled());
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(task_group, T11_a_child_that_cancels_its_own_group_is_cancelled_too) {
  for_each_seed([](runtime& rt) {
    bool went_on = false;
    std::optional<join_handle<void>> h;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      auto child = [group, &went_on]() -> task<> {
        group.cancel();
        co_await magpie::checkpoint();
        went_on = true;
      };
      h = group.spawn(child);
      co_return;
    }));
    EXPECT_FALSE(went_on);
    EXPECT_TRUE(h->take().is_cancelled());
  });
}

TEST(task_group, T11_cancel_by_the_callable_that_makes_the_child) {
  for_each_seed([](runtime& rt) {
    bool ran = false;
    std::optional<join_handle<void>> h;
    rt.block_on(with_task_group([&](task_group& group) -> task<> {
      struct child {
        static task<> make(const task_group& g, bool& ran_) {
          g.cancel();
          return run(ran_);
        }
        static task<> run(bool& ran_) {
          ran_ = true;
          co_return;
        }
      };
      h = group.spawn(child::make(group, ran));
      co_return;
    }));
    EXPECT_FALSE(ran);
    EXPECT_TRUE(h->take().is_cancelled());
  });
}

TEST(task_group, T12_an_outer_stop_beside_cancel_is_not_swallowed) {
  runtime rt{{.workers = 2}};
  for (race_rounds rounds(fewer_if_sanitized(2000, 200)); rounds.more();) {
    std::atomic<bool> running{false};
    std::optional<task_group> copy;
    bool went_on = false;
    auto h = rt.spawn([&]() -> task<> {
      co_await with_task_group([&](task_group& group) -> task<> {
        copy = group;
        running = true;
        co_await magpie::sleep_until(magpie::never);
      });
      co_await magpie::sleep_until(magpie::never);
      went_on = true;
    });
    while (!running) std::this_thread::yield();
    std::thread other([&] { copy->cancel(); });
    h.cancel();
    other.join();
    h.wait();
    EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_FALSE(went_on);
  }
}

TEST(task_group, T13_keep_running_waits_for_all) {
  for_each_seed([](runtime& rt) {
    std::optional<join_handle<int>> h;
    bool body_ended = false;
    const std::string thrown = rt.block_on([&]() -> task<std::string> {
      co_return co_await errors_of(
          with_task_group({.policy = on_error::keep_running}, [&](task_group& group) -> task<> {
            group.spawn(fails_after(tick, "one"));
            h = group.spawn(value_after(4 * tick, 6));
            group.spawn(fails_after(6 * tick, "two"));
            co_await magpie::sleep_for(3 * tick);
            body_ended = true;
          }));
    });
    EXPECT_EQ(thrown, "one two");
    EXPECT_TRUE(body_ended);
    EXPECT_EQ(h->take().value(), 6);
  });
}

TEST(task_group, T13_with_a_failing_body) {
  for_each_seed([](runtime& rt) {
    std::optional<join_handle<int>> h;
    const std::string thrown = rt.block_on([&]() -> task<std::string> {
      co_return co_await errors_of(
          with_task_group({.policy = on_error::keep_running}, [&](task_group& group) -> task<> {
            h = group.spawn(value_after(tick, 6));
            throw std::range_error("body");
            co_return;
          }));
    });
    EXPECT_EQ(thrown, "body");
    EXPECT_EQ(h->take().value(), 6);
  });
}

TEST(task_group, T14_never_more_than_the_limit_and_in_order) {
  for_each_seed([](runtime& rt) {
    for (const int most : {1, 3}) {
      std::atomic<int> running{0};
      std::atomic<int> peak{0};
      std::vector<int> order;
      std::mutex order_lock;
      rt.block_on(with_task_group({.limit = most}, [&](task_group& group) -> task<> {
        for (int i = 0; i < 20; ++i) {
          group.spawn([&, i]() -> task<> {
            {
              const std::lock_guard hold(order_lock);
              order.push_back(i);
            }
            const int now = ++running;
            int seen = peak;
            while (seen < now && !peak.compare_exchange_weak(seen, now)) {
            }
            for (int n = i % 3; n >= 0; --n) co_await magpie::yield();
            --running;
          });
        }
        EXPECT_GE(group.active(), static_cast<std::size_t>(rt.workers() == 1 ? 20 : 0));
        co_return;
      }));
      EXPECT_LE(peak, most);
      EXPECT_EQ(order.size(), 20u);
      if (most == 1) {  // of those that run at once, any may be the first
        std::vector<int> sorted(20);
        for (int i = 0; i < 20; ++i) sorted[static_cast<std::size_t>(i)] = i;
        EXPECT_EQ(order, sorted);
      }
    }
  });
}

TEST(task_group, T14_cancel_with_children_that_wait_for_their_turn) {
  for_each_seed([](runtime& rt) {
    std::vector<join_handle<void>> handles;
    std::atomic<int> ran{0};
    rt.block_on(with_task_group({.limit = 2}, [&](task_group& group) -> task<> {
      const witness w;
      for (int i = 0; i < 50; ++i) {
        auto child = [&ran, w]() -> task<> {
          ++ran;
          co_await magpie::sleep_until(magpie::never);
        };
        handles.push_back(group.spawn(child));
      }
      co_await magpie::sleep_for(tick);
      group.cancel();
    }));
    EXPECT_LE(ran, 2);
    for (auto& h : handles) EXPECT_TRUE(h.take().is_cancelled());
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T15_the_closure_of_the_body_outlives_the_children) {
  for_each_seed([](runtime& rt) {
    std::string read;
    const auto make_scope = [&] {
      auto text = std::make_shared<const std::string>("kept by the closure");
      auto body = [text, &read](task_group& group) -> task<> {
        group.spawn([&kept = *text, &read]() -> task<> {
          co_await magpie::sleep_for(2 * tick);
          read = kept;
        });
        co_return;
      };
      return with_task_group(body);
    };
    rt.block_on(make_scope());
    EXPECT_EQ(read, "kept by the closure");
  });
}

TEST(task_group, T15_join_keeps_the_locals_of_the_body) {
  for_each_seed([](runtime& rt) {
    const int sum = rt.block_on(with_task_group([](task_group& group) -> task<int> {
      std::atomic<int> local{0};
      for (int i = 0; i < 5; ++i) {
        group.spawn([&local, i]() -> task<> {
          co_await magpie::sleep_for(i * tick / 2);
          local += i;
        });
      }
      co_await group.join();
      EXPECT_EQ(group.active(), 0u);
      group.spawn([&local]() -> task<> {
        co_await magpie::yield();
        local += 100;
      });
      const task_group copy = group;
      co_await copy.join();
      co_return local.load();
    }));
    EXPECT_EQ(sum, 110);
  });
}

TEST(task_group, T15_a_stopped_body_is_destroyed_after_its_children) {
  for_each_seed([](runtime& rt) {
    // How the body waits must not matter.
    for (const int how : {0, 1, 2, 3}) {
      bool alive = false;
      bool was_alive = false;
      auto h = rt.spawn(with_task_group([&, how](task_group& group) -> task<> {
        struct local_of_body {
          bool& flag;
          explicit local_of_body(bool& f) : flag(f) { flag = true; }
          ~local_of_body() { flag = false; }
        };
        const local_of_body local(alive);
        group.spawn([&]() -> task<> {
          auto clean_up = [&]() -> task<> {
            co_await magpie::sleep_for(2 * tick);
            was_alive = alive;
          };
          co_await magpie::finally(sleeps_forever(), clean_up);
        });
        if (how == 0) co_await magpie::sleep_until(magpie::never);
        if (how == 1) co_await group.join();
        if (how == 2) co_await magpie::with_timeout(std::chrono::hours(1), sleeps_forever());
        if (how == 3) co_await magpie::gather(sleeps_forever(), sleeps_forever());
      }));
      rt.block_on(ends_after(tick));
      h.cancel();
      h.wait();
      EXPECT_TRUE(h.take().is_cancelled());
      EXPECT_TRUE(was_alive) << how;
      EXPECT_FALSE(alive);
    }
    EXPECT_NO_WITNESS_LEFT();
  });
}

TEST(task_group, T15_a_boundary_in_the_body_that_ends_itself_waits_for_nobody) {
  for_each_seed([](runtime& rt) {
    rt.block_on(with_task_group([](task_group& group) -> task<> {
      gate lets_go;
      bool child_ended = false;
      group.spawn([&]() -> task<> {
        co_await lets_go.opened();
        child_ended = true;
      });
      const auto o = co_await magpie::as_outcome([]() -> task<int> {
        co_await magpie::stopped();
        co_return 1;
      });
      EXPECT_TRUE(o.is_cancelled());
      EXPECT_FALSE(child_ended);
      lets_go.open();
      co_await group.join();
      EXPECT_TRUE(child_ended);
    }));
  });
}

TEST(task_group, T15_join_in_a_child_is_an_error_of_usage) {
  for_each_seed([](runtime& rt) {
    const std::string thrown = rt.block_on(errors_of(with_task_group([](task_group& group) -> task<> {
      auto child = [group]() -> task<> {
        try {
          co_await group.join();
        } catch (const usage_error&) {
          throw std::range_error("usage");
        }
      };
      group.spawn(child);
      co_return;
    })));
    EXPECT_EQ(thrown, "usage");
  });
}

TEST(task_group, T15_join_in_a_shield_in_the_body) {
  for_each_seed([](runtime& rt) {
    const int r = rt.block_on(with_task_group([](task_group& group) -> task<int> {
      int local = 0;
      group.spawn([&]() -> task<> {
        co_await magpie::sleep_for(tick);
        local = 1;
      });
      co_await magpie::shield(group.join());
      co_return local;
    }));
    EXPECT_EQ(r, 1);
  });
}

TEST(task_group, T10_its_token_tells_of_the_stop) {
  for_each_seed([](runtime& rt) {
    rt.block_on(with_task_group([](task_group& group) -> task<> {
      const magpie::stop_token token = group.get_stop_token();
      EXPECT_TRUE(token.stop_possible());
      EXPECT_FALSE(token.stop_requested());
      int called = 0;
      const magpie::stop_callback callback(token, [&]() noexcept { ++called; });
      group.cancel();
      EXPECT_TRUE(token.stop_requested());
      EXPECT_EQ(called, 1);
      co_return;
    }));
  });
}

}  // namespace
