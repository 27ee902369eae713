#include <magpie/blocking.hpp>
#include <magpie/cancellation.hpp>
#include <magpie/channel.hpp>
#include <magpie/combinable.hpp>
#include <magpie/completion.hpp>
#include <magpie/gather.hpp>
#include <magpie/generator.hpp>
#include <magpie/outcome.hpp>
#include <magpie/parallel.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task_group.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The user's code throws wherever magpie calls it: bodies, the copies and moves of results and of callables,
/// predicates, ranges, clean-ups. Each program below runs with the k-th of its calls throwing, for every k that it
/// comes to: the error must come out, once, nothing may be left behind, and the runtime must go on.
namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::witness;

struct burnt : std::runtime_error {
  burnt() : std::runtime_error("the user's code throws") {}
};

/// Counts calls of the user's code; the chosen one throws.
std::atomic<int> left{0};
std::atomic<bool> has_burnt{false};
void burn() {
  if (left.fetch_sub(1) != 1) return;
  has_burnt = true;
  throw burnt();
}

/// Each copy and each move may throw.
class touchy {
 public:
  explicit touchy(int n) : n_(n) { burn(); }
  touchy(const touchy& other) : n_(other.n_), w_(other.w_) { burn(); }
  touchy(touchy&& other) noexcept(false) : n_(other.n_), w_(other.w_) { burn(); }
  touchy& operator=(const touchy& other) {
    burn();
    n_ = other.n_;
    return *this;
  }
  touchy& operator=(touchy&& other) noexcept(false) {
    burn();
    n_ = other.n_;
    return *this;
  }
  ~touchy() = default;
  int value() const noexcept { return n_; }
  friend bool operator<(const touchy& a, const touchy& b) {
    burn();
    return a.n_ < b.n_;
  }

 private:
  int n_;
  witness w_;
};

/// A callable whose copies, moves and calls may throw.
template <class T>
struct touchy_callable {
  touchy inside;
  task<T> operator()() const {
    burn();
    return make(inside.value());
  }
  static task<T> make(int n) {
    co_await magpie::yield();
    burn();
    co_return T(n);
  }
};

task<touchy> made(int n) {
  co_await magpie::yield();
  co_return touchy(n);
}

bool is_burnt(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const burnt&) {
    return true;
  } catch (const magpie::exception_group& all) {
    return all.find<burnt>() != nullptr;
  } catch (...) {
    return false;
  }
}

enum class hears { always, or_nobody };

/// `or_nobody`: the error may belong to somebody who does not ask.
template <class Program>
void burn_each(Program program, hears who = hears::always) {
  for (int k = 1; k < 3000; ++k) {
    {
      runtime rt{{.workers = 2, .on_unhandled = [](std::exception_ptr, std::string_view) {}}};
      left = k;
      has_burnt = false;
      std::exception_ptr error;
      try {
        program(rt);
      } catch (...) {
        error = std::current_exception();
      }
      left = 0;
      if (error || who == hears::always) {
        ASSERT_EQ(error != nullptr, has_burnt.load()) << "call " << k;
      }
      if (error) {
        ASSERT_TRUE(is_burnt(error)) << "call " << k;
      }
      error = nullptr;
      EXPECT_EQ(rt.block_on([]() -> task<int> { co_return 5; }), 5) << "the runtime goes on after call " << k;
    }
    EXPECT_NO_WITNESS_LEFT();
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "call " << k;
      return;
    }
    if (!has_burnt) {
      EXPECT_GT(k, 1) << "it calls nobody";
      return;
    }
  }
  FAIL() << "never came to its end";
}

TEST(hooks, the_result_of_a_task) {
  burn_each([](runtime& rt) { EXPECT_EQ(rt.block_on(made(3)).value(), 3); });
  burn_each([](runtime& rt) { EXPECT_EQ(rt.spawn(made(3)).get().value(), 3); });
  burn_each([](runtime& rt) {
    auto h = rt.spawn(made(4));
    h.wait();
    EXPECT_EQ(h.take().value().value(), 4);
  });
}

TEST(hooks, the_result_of_an_await) {
  burn_each([](runtime& rt) {
    rt.block_on([]() -> task<> {
      const touchy a = co_await made(1);
      runtime& here = co_await magpie::get_runtime();
      auto h = here.spawn(made(2));
      const touchy b = co_await h;
      EXPECT_EQ(a.value() + b.value(), 3);
    });
  });
}

TEST(hooks, G14_the_results_of_gathers) {
  burn_each([](runtime& rt) {
    auto [a, b] = rt.block_on(magpie::gather(made(1), made(2)));
    EXPECT_EQ(a.value() + b.value(), 3);
  });
  burn_each([](runtime& rt) {
    std::vector<task<touchy>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(made(i));
    EXPECT_EQ(rt.block_on(magpie::gather(std::move(tasks))).size(), 4u);
  });
  burn_each([](runtime& rt) {
    auto make = [](int i) {
      burn();
      return made(i);
    };
    EXPECT_EQ(
        rt.block_on(magpie::gather(magpie::limit{2}, std::views::iota(0, 6) | std::views::transform(make))).size(), 6u);
  });
  burn_each([](runtime& rt) {
    auto make = [](int i) {
      burn();
      return made(i);
    };
    EXPECT_EQ(rt.block_on(magpie::gather(std::views::iota(0, 6) | std::views::transform(make))).size(), 6u);
  });
  burn_each([](runtime& rt) {
    auto [a, b] = rt.block_on(magpie::gather_outcomes(made(1), made(2)));
    EXPECT_EQ(a.value().value() + b.value().value(), 3);
  });
}

TEST(hooks, the_results_of_races) {
  // A loser's error is nobody's.
  burn_each([](runtime& rt) { static_cast<void>(rt.block_on(magpie::race(made(1), made(2)))); }, hears::or_nobody);
  burn_each(
      [](runtime& rt) {
        std::vector<task<touchy>> tasks;
        for (int i = 0; i < 3; ++i) tasks.push_back(made(i));
        static_cast<void>(rt.block_on(magpie::race(std::move(tasks))));
      },
      hears::or_nobody);
  burn_each([](runtime& rt) { static_cast<void>(rt.block_on(magpie::first_success(made(1), made(2)))); },
            hears::or_nobody);
}

TEST(hooks, the_results_behind_boundaries) {
  burn_each(
      [](runtime& rt) { EXPECT_EQ(rt.block_on(magpie::with_timeout(std::chrono::hours(1), made(6))).value(), 6); });
  burn_each([](runtime& rt) { EXPECT_EQ(rt.block_on(magpie::shield(made(6))).value(), 6); });
  burn_each([](runtime& rt) { EXPECT_EQ(rt.block_on(magpie::as_outcome(made(6))).value().value(), 6); });
  burn_each([](runtime& rt) {
    magpie::stop_source s;
    EXPECT_EQ(rt.block_on(magpie::with_stop_token(s.get_token(), made(6))).value(), 6);
  });
  burn_each([](runtime& rt) {
    runtime other{{.workers = 1}};
    EXPECT_EQ(rt.block_on(magpie::on(other, made(6))).value(), 6);
  });
}

TEST(hooks, callables) {
  burn_each([](runtime& rt) {
    const touchy_callable<int> f{touchy(3)};
    EXPECT_EQ(rt.block_on(f), 3);
    EXPECT_EQ(rt.spawn(f).get(), 3);
  });
  burn_each([](runtime& rt) {
    const touchy_callable<int> f{touchy(3)};
    auto [a, b] = rt.block_on(magpie::gather(f, f));
    EXPECT_EQ(a + b, 6);
  });
  burn_each([](runtime& rt) {
    const touchy_callable<int> f{touchy(3)};
    EXPECT_EQ(rt.block_on(magpie::co_invoke(f)), 3);
  });
  burn_each([](runtime& rt) {
    const touchy_callable<int> f{touchy(3)};
    EXPECT_EQ(rt.block_on(magpie::with_timeout(std::chrono::hours(1), f)), 3);
  });
}

TEST(hooks, T4_bodies_of_groups) {
  burn_each([](runtime& rt) {
    const touchy captured(1);
    auto body = [captured](magpie::task_group& group) -> task<touchy> {
      burn();
      const touchy_callable<int> child{touchy(2)};
      auto h = group.spawn(child);
      const int n = co_await h;
      group.spawn(made(3));
      co_return touchy(n);
    };
    EXPECT_EQ(rt.block_on(magpie::with_task_group(body)).value(), 2);
  });
  burn_each([](runtime& rt) {
    const touchy captured(1);
    auto body = [captured](magpie::deadline_scope& s) -> task<touchy> {
      burn();
      s.reschedule(magpie::never);
      co_return co_await made(2);
    };
    EXPECT_EQ(rt.block_on(magpie::with_deadline_scope(magpie::never, body)).value(), 2);
  });
}

TEST(hooks, C4_clean_ups) {
  burn_each([](runtime& rt) {
    auto cleanup = []() -> task<> {
      burn();
      co_await magpie::yield();
      burn();
    };
    EXPECT_EQ(rt.block_on(magpie::finally(made(2), cleanup)).value(), 2);
  });
  burn_each([](runtime& rt) {
    struct refuses {
      touchy t;
      task<> operator()() const {
        burn();
        return magpie_nothing();
      }
      static task<> magpie_nothing() { co_return; }
    };
    const refuses cleanup{touchy(1)};
    EXPECT_EQ(rt.block_on(magpie::finally(made(2), cleanup)).value(), 2);
  });
}

TEST(hooks, C4_a_body_and_its_clean_up_that_both_throw) {
  runtime rt{{.workers = 1}};
  auto fails = []() -> task<int> {
    co_await magpie::yield();
    throw burnt();
  };
  auto cleanup = []() -> task<> {
    co_await magpie::yield();
    throw std::range_error("the clean-up");
  };
  try {
    rt.block_on(magpie::finally(fails, cleanup));
    FAIL() << "neither was heard";
  } catch (const magpie::exception_group& both) {
    EXPECT_NE(both.find<burnt>(), nullptr);
    EXPECT_NE(both.find<std::range_error>(), nullptr);
  }
}

TEST(hooks, loops) {
  burn_each([](runtime& rt) { rt.block_on(magpie::parallel_for(0, 20, [](int) { burn(); }, 3)); });
  burn_each([](runtime& rt) {
    auto body = [](int) -> task<> {
      burn();
      co_await magpie::yield();
      burn();
    };
    rt.block_on(magpie::parallel_for(0, 12, body, 2));
  });
  burn_each([](runtime& rt) {
    const touchy sum = rt.block_on(magpie::parallel_reduce(
        0, 12, touchy(0),
        [](int i) {
          burn();
          return touchy(i);
        },
        [](const touchy& a, const touchy& b) {
          burn();
          return touchy(a.value() + b.value());
        },
        3));
    EXPECT_EQ(sum.value(), 66);
  });
  burn_each([](runtime& rt) {
    std::vector<int> in(12, 1);
    std::vector<int> out(12);
    rt.block_on(magpie::parallel_transform(
        in, out.begin(),
        [](int i) {
          burn();
          return i;
        },
        3));
    auto plus = [](int a, int b) {
      burn();
      return a + b;
    };
    rt.block_on(magpie::parallel_inclusive_scan(in, out.begin(), plus, 3));
    EXPECT_EQ(out.back(), 12);
    rt.block_on(magpie::parallel_exclusive_scan(in, out.begin(), 0, plus, 3));
    EXPECT_EQ(out.back(), 11);
  });
}

TEST(hooks, comparators_and_what_they_sort) {
  for (bool stable : {false, true}) {
    burn_each([stable](runtime& rt) {
      std::vector<touchy> v;
      v.reserve(14);
      for (int i = 0; i < 14; ++i) v.emplace_back(i * 5 % 14);
      if (stable) {
        rt.block_on(magpie::parallel_stable_sort(v, std::less<>(), 4));
      } else {
        rt.block_on(magpie::parallel_sort(v, std::less<>(), 4));
      }
      for (int i = 0; i < 14; ++i) EXPECT_EQ(v[static_cast<std::size_t>(i)].value(), i);
    });
  }
}

TEST(hooks, what_makes_and_combines_a_combinable) {
  burn_each([](runtime& rt) {
    magpie::combinable<touchy> sums([] { return touchy(0); });
    rt.block_on(magpie::parallel_for(0, 6, [&](int i) { sums.local() = touchy(sums.local().value() + i); }, 2));
    const touchy all = sums.combine([](const touchy& a, const touchy& b) {
      burn();
      return touchy(a.value() + b.value());
    });
    EXPECT_EQ(all.value(), 15);
  });
}

TEST(hooks, calls_that_block) {
  burn_each([](runtime& rt) {
    const touchy captured(1);
    auto f = [captured] {
      burn();
      return touchy(captured.value());
    };
    EXPECT_EQ(rt.block_on(magpie::blocking(f)).value(), 1);
  });
}

TEST(hooks, values_of_channels_and_completions_and_generators) {
  burn_each([](runtime& rt) {
    rt.block_on([]() -> task<> {
      magpie::channel<touchy> c(2);
      const touchy t(1);
      co_await c.send(t);
      co_await c.send(touchy(2));
      const std::optional<touchy> got = co_await c.receive();
      EXPECT_EQ(got->value(), 1);
      c.try_send(t);
      EXPECT_EQ(c.try_receive()->value(), 2);
    });
  });
  burn_each([](runtime& rt) {
    magpie::completion<touchy> c;
    auto waits = [&]() -> task<int> {
      const touchy& t = co_await c.wait();
      co_return t.value();
    };
    auto h = rt.spawn(waits);
    try {
      c.set_value(touchy(5));
    } catch (...) {
      EXPECT_TRUE(c.set_error(std::current_exception())) << "a value that throws is not set";
    }
    EXPECT_EQ(h.get(), 5);
  });
  burn_each([](runtime& rt) {
    auto yields = []() -> magpie::generator<touchy> {
      for (int i = 0; i < 3; ++i) {
        burn();
        co_yield touchy(i);
      }
    };
    auto sums = [yields]() -> task<int> {
      int sum = 0;
      auto g = yields();
      while (const touchy* t = co_await g.next()) sum += t->value();
      co_return sum;
    };
    EXPECT_EQ(rt.block_on(sums), 3);
  });
}

/// A foreign awaiter: each of its members may throw.
struct foreign {
  touchy inside{2};
  bool await_ready() const {
    burn();
    return false;
  }
  void await_suspend(std::coroutine_handle<> h) const {
    burn();
    h.resume();
  }
  touchy await_resume() const {
    burn();
    return inside;
  }
};
struct makes_foreign {
  foreign operator co_await() const {
    burn();
    return {};
  }
};

TEST(hooks, awaiters_of_others) {
  burn_each([](runtime& rt) {
    rt.block_on([]() -> task<> {
      const foreign f;
      const touchy a = co_await f;
      const makes_foreign m;
      const touchy b = co_await m;
      EXPECT_EQ(a.value() + b.value(), 4);
    });
  });
}

TEST(hooks, W7_waits_throw_nothing_of_a_childs) {
  burn_each([](runtime& rt) {
    rt.block_on([]() -> task<> {
      runtime& here = co_await magpie::get_runtime();
      std::vector<magpie::join_handle<touchy>> handles;
      for (int i = 0; i < 3; ++i) handles.push_back(here.spawn(made(i)));
      auto r = co_await magpie::wait(handles);
      EXPECT_EQ(r.done.size(), 3u);
      for (auto& h : handles) static_cast<void>(h.get());
    });
  });
}

}  // namespace
