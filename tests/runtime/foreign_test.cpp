#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/gate.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

using magpie::runtime;
using magpie::task;
using magpie_test::gate;
using magpie_test::witness;

/// Threads that resume what they are given, joined at the end.
class helpers {
 public:
  ~helpers() {
    // Under the lock: the thread that called resume() last may be on its way out of it.
    std::unique_lock lock(mutex_);
    std::vector<std::thread> threads = std::move(threads_);
    lock.unlock();
    for (std::thread& t : threads) t.join();
  }
  void resume(std::coroutine_handle<> h) {
    std::lock_guard guard(mutex_);
    threads_.emplace_back([h] { h.resume(); });
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

struct ready_awaiter {
  bool await_ready() const noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) const noexcept { ADD_FAILURE() << "was ready"; }
  int await_resume() const noexcept { return 1; }
};

struct void_awaiter {
  explicit void_awaiter(helpers& h) : on(h) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) { on.resume(h); }
  int await_resume() const noexcept { return 2; }
  helpers& on;
};

struct bool_awaiter {
  bool_awaiter(helpers& h, bool s) : on(h), suspends(s) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) {
    if (!suspends) return false;
    on.resume(h);
    return true;  // *this may be gone
  }
  int await_resume() const noexcept { return 3; }
  helpers& on;
  bool suspends;
};

/// Transfers to the handle it is given, or to nobody after a thread has it.
struct handle_awaiter {
  handle_awaiter(helpers& h, bool s) : on(h), suspends(s) {}
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
    if (!suspends) return h;
    on.resume(h);
    return std::noop_coroutine();
  }
  int await_resume() const noexcept { return 4; }
  helpers& on;
  bool suspends;
};

struct immovable_awaiter {
  explicit immovable_awaiter(helpers& h) : on(h) {}
  immovable_awaiter(const immovable_awaiter&) = delete;
  immovable_awaiter& operator=(const immovable_awaiter&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    self = this;
    on.resume(h);
  }
  int await_resume() const noexcept { return self == this ? 5 : -1; }
  helpers& on;
  immovable_awaiter* self = nullptr;
};

struct with_member {
  explicit with_member(helpers& h) : on(h) {}
  immovable_awaiter operator co_await() const { return immovable_awaiter(on); }
  helpers& on;
};

struct with_free_operator {
  explicit with_free_operator(helpers& h) : on(h) {}
  helpers& on;
};
void_awaiter operator co_await(const with_free_operator& w) { return void_awaiter(w.on); }

struct throwing_awaiter {
  explicit throwing_awaiter(int s) : stage(s) {}
  bool await_ready() const {
    if (stage == 0) throw std::range_error("await_ready");
    return false;
  }
  void await_suspend(std::coroutine_handle<> h) const {
    if (stage == 1) throw std::range_error("await_suspend");
    h.resume();
  }
  void await_resume() const {
    if (stage == 2) throw std::range_error("await_resume");
  }
  int stage;
  witness seen;
};

/// Its await_suspend wants any promise, as some libraries' do.
struct template_awaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise>) const noexcept {
    return false;
  }
  int await_resume() const noexcept { return 6; }
};

TEST(foreign, every_kind_of_await_suspend_resumes_on_the_own_runtime) {
  runtime rt{{.workers = 2}};
  for (int round = 0; round < 20; ++round) {
    helpers on;
    rt.block_on([&]() -> task<> {
      std::vector<int> got;
      got.push_back(co_await ready_awaiter());
      got.push_back(co_await void_awaiter(on));
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
      got.push_back(co_await bool_awaiter(on, true));
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
      got.push_back(co_await bool_awaiter(on, false));
      got.push_back(co_await handle_awaiter(on, true));
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
      got.push_back(co_await handle_awaiter(on, false));
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
      got.push_back(co_await template_awaiter());
      EXPECT_EQ(got, (std::vector<int>{1, 2, 3, 3, 4, 4, 6}));
    });
  }
}

TEST(foreign, awaiters_that_cannot_move_stay_in_place) {
  runtime rt{{.workers = 2}};
  helpers on;
  rt.block_on([&]() -> task<> {
    immovable_awaiter named(on);
    const int lvalue = co_await named;
    EXPECT_EQ(lvalue, 5);
    const int rvalue = co_await immovable_awaiter(on);
    EXPECT_EQ(rvalue, 5);
    const int made = co_await with_member(on);
    EXPECT_EQ(made, 5);
  });
}

TEST(foreign, operator_co_await_may_be_a_member_or_free) {
  runtime rt{{.workers = 2}};
  helpers on;
  rt.block_on([&]() -> task<> {
    const int member = co_await with_member(on);
    EXPECT_EQ(member, 5);
    const with_free_operator named(on);
    const int lvalue = co_await named;
    const int rvalue = co_await with_free_operator(on);
    EXPECT_EQ(lvalue + rvalue, 4);
  });
}

TEST(foreign, what_the_awaiter_throws_comes_out_of_the_await) {
  {
    runtime rt{{.workers = 2}};
    for (int stage = 0; stage < 4; ++stage) {
      auto f = [stage]() -> task<> { co_await throwing_awaiter(stage); };
      if (stage == 3) {
        rt.block_on(f);
      } else {
        EXPECT_THROW(rt.block_on(f), std::range_error) << stage;
      }
    }
  }
  EXPECT_NO_WITNESS_LEFT();
}

TEST(foreign, can_be_spawned_gathered_and_blocked_on) {
  runtime rt{{.workers = 2}};
  helpers on;
  EXPECT_EQ(rt.block_on(void_awaiter(on)), 2);
  EXPECT_EQ(rt.spawn(void_awaiter(on)).get(), 2);
  auto [a, b, c] = rt.block_on(magpie::gather(void_awaiter(on), ready_awaiter(), bool_awaiter(on, true)));
  EXPECT_EQ(a + b + c, 6);
}

TEST(foreign, many_are_resumed_from_other_threads_at_once) {
  runtime rt{{.workers = 2}};
  constexpr int count = 2000;
  gate opened;
  std::atomic<int> passed{0};
  std::vector<magpie::join_handle<void>> handles;
  for (int i = 0; i < count; ++i) {
    handles.push_back(rt.spawn([&]() -> task<> {
      co_await opened.opened();
      EXPECT_EQ(&(co_await magpie::get_runtime()), &rt);
      passed.fetch_add(1);
    }));
  }
  std::thread([&] { opened.open(); }).join();
  for (auto& h : handles) h.get();
  EXPECT_EQ(passed.load(), count);
}

/// A minimal coroutine type of another library, which starts at once and resumes inline.
struct other_library {
  struct promise_type {
    other_library get_return_object() {
      return other_library(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct awaiter {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
          return h.promise().continuation;
        }
        void await_resume() const noexcept {}
      };
      return awaiter();
    }
    void return_value(int v) noexcept { value = v; }
    void unhandled_exception() { std::terminate(); }
    std::coroutine_handle<> continuation;
    int value = 0;
  };
  explicit other_library(std::coroutine_handle<promise_type> h) : handle(h) {}
  other_library(other_library&& o) noexcept : handle(std::exchange(o.handle, {})) {}
  ~other_library() {
    if (handle) handle.destroy();
  }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
    handle.promise().continuation = h;
    return handle;
  }
  int await_resume() const noexcept { return handle.promise().value; }
  std::coroutine_handle<promise_type> handle;
};

other_library other_coroutine(int n) { co_return n * 2; }

TEST(foreign, another_librarys_coroutine_transfers_to_and_fro) {
  runtime rt{{.workers = 1}};
  EXPECT_EQ(rt.block_on([]() -> task<int> {
    int sum = 0;
    for (int i = 0; i < 1000; ++i) sum += co_await other_coroutine(i);
    co_return sum;
  }),
            999000);
}

}  // namespace
