#include <magpie/as_completed.hpp>
#include <magpie/blocking.hpp>
#include <magpie/completion.hpp>
#include <magpie/gather.hpp>
#include <magpie/shared_handle.hpp>
#include <magpie/wait.hpp>

#include "support/scenarios/scenarios.hpp"

#include <chrono>
#include <utility>

namespace magpie_test {
namespace {

using magpie::join_handle;
using magpie::runtime;
using magpie::task;
using namespace std::chrono_literals;

std::vector<join_handle<int>> some(runtime& rt, int n) {
  std::vector<join_handle<int>> handles;
  handles.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) handles.push_back(rt.spawn(later(i)));
  return handles;
}

void await_each(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    for (int i = 0; i < n; ++i) {
      const int got = co_await here.spawn(later(i), {.name = "a name that no small buffer holds"});
      require(got == i, "the result of a spawned task");
    }
  }(size));
}

void get_each(runtime& rt, int size) {
  auto handles = some(rt, size);
  int i = 0;
  for (auto& h : handles) {
    if (i % 2 == 0) {
      while (!h.wait_for(50us)) {
      }
    }
    require(h.get() == i++, "get()");
  }
}

void detached(runtime& rt, int size) {
  magpie::completion<> all;
  std::atomic<int> left{size};
  for (int i = 0; i < size; ++i) {
    auto f = [&all, &left, w = witness(1)]() -> task<> {
      co_await magpie::yield();
      if (left.fetch_sub(w.value()) == 1) all.set_value();
    };
    try {
      rt.spawn(f).detach();
    } catch (...) {
      if (left.fetch_sub(size - i) == size - i) all.set_value();
      while (!all.ready()) std::this_thread::yield();
      throw;
    }
  }
  while (!all.ready()) std::this_thread::yield();
}

void cancelled(runtime& rt, int size) {
  for (int i = 0; i < size; i += 2) {
    auto h = rt.spawn(until_stopped());
    h.cancel();
    h.wait();
    require(h.take().is_cancelled(), "a cancelled task");
  }
}

void shared(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    auto one = here.spawn(later(7)).share();
    auto reads = [](magpie::shared_handle<int> h) -> task<int> { co_return co_await h; };
    std::vector<task<int>> readers;
    for (int i = 0; i < n; ++i) readers.push_back(reads(one));
    for (int got : co_await magpie::gather(std::move(readers))) require(got == 7, "a shared result");
  }(size));
}

void wait_all(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    auto handles = some(co_await magpie::get_runtime(), n);
    auto r = co_await magpie::wait(handles);
    require(r.pending.empty() && static_cast<int>(r.done.size()) == n, "wait for all");
    int i = 0;
    for (auto& h : r.done) require(h.get() == i++, "the order of done");
  }(size));
}

void wait_first(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    auto handles = some(co_await magpie::get_runtime(), n);
    std::span<join_handle<int>> pending = handles;
    int sum = 0;
    while (!pending.empty()) {
      auto r = co_await magpie::wait(pending, magpie::return_when::first_completed);
      require(!r.done.empty(), "one at least is done");
      for (auto& h : r.done) sum += h.get();
      pending = r.pending;
    }
    require(sum == n * (n - 1) / 2, "each is done once");
  }(size));
}

void wait_exception(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    auto handles = some(here, n);
    handles.push_back(here.spawn(fails()));
    auto r = co_await magpie::wait(handles, magpie::return_when::first_exception);
    bool failed = false;
    for (auto& h : r.done) failed = h.take().has_error() || failed;
    require(failed, "wait returned on the failure");
  }(size));
}

void wait_with_time(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    std::vector<join_handle<int>> handles;
    handles.push_back(here.spawn(until_stopped()));
    for (int i = 0; i < n; i += 8) {
      auto r = co_await magpie::wait_for(handles, 20us);
      require(r.done.empty(), "none has ended");
    }
    handles[0].cancel();
    static_cast<void>(co_await magpie::wait(handles));
    require(handles[0].take().is_cancelled(), "it was cancelled");
  }(size));
}

void wait_any(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    runtime& here = co_await magpie::get_runtime();
    for (int i = 0; i < n; i += 4) {
      auto never = here.spawn(until_stopped());
      auto soon = here.spawn(later(3));
      const std::size_t which = co_await magpie::wait_any(never, soon);
      require(which == 1 && soon.get() == 3, "wait_any");
      never.cancel();
    }
  }(size));
}

void as_completed(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    auto handles = some(co_await magpie::get_runtime(), n);
    auto stream = magpie::as_completed(handles);
    int sum = 0;
    int count = 0;
    while (join_handle<int>* h = co_await stream.next()) {
      sum += h->get();
      ++count;
    }
    require(count == n && sum == n * (n - 1) / 2, "as_completed gives each once");
  }(size));
}

void completions(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    for (int i = 0; i < n; i += 4) {
      magpie::completion<int> c;
      auto waits = [](const magpie::completion<int>& from) -> task<int> { co_return co_await from.wait(); };
      auto sets = [](magpie::completion<int>& to) -> task<> {
        co_await magpie::yield();
        require(to.set_value(6) && !to.set_value(7), "the first sets it");
      };
      auto [a, b, c_] = co_await magpie::gather(waits(c), waits(c), sets(c));
      static_cast<void>(c_);
      require(a == 6 && b == 6, "a completion");
    }
  }(size));
}

void blocking(runtime& rt, int size) {
  rt.block_on([](int n) -> task<> {
    for (int i = 0; i < n; i += 8) {
      const int got = co_await magpie::blocking([i] { return i + 1; });
      require(got == i + 1, "a blocking call");
    }
  }(size));
}

void on_another(runtime& rt, int size) {
  runtime other{{.workers = 1}};
  rt.block_on([](runtime& there, int n) -> task<> {
    const runtime& here = co_await magpie::get_runtime();
    for (int i = 0; i < n; i += 8) {
      const int got = co_await magpie::on(there, later(i));
      const runtime& now = co_await magpie::get_runtime();
      require(got == i && &now == &here, "on another runtime, and back");
    }
  }(other, size));
}

void levels(runtime& rt, int size) {
  std::vector<join_handle<int>> handles;
  handles.reserve(static_cast<std::size_t>(size));
  constexpr magpie::priority all[] = {magpie::priority::high, magpie::priority::normal, magpie::priority::background};
  for (int i = 0; i < size; ++i) handles.push_back(rt.spawn(later(i), {.level = all[i % 3]}));
  int i = 0;
  for (auto& h : handles) require(h.get() == i++, "a task of some priority");
}

constexpr scenario list[] = {
    {"spawn_await", await_each},
    {"spawn_get", get_each},
    {"spawn_detached", detached, true},
    {"spawn_cancelled", cancelled},
    {"shared_handle", shared},
    {"wait_all", wait_all},
    {"wait_first", wait_first},
    {"wait_exception", wait_exception},
    {"wait_with_time", wait_with_time},
    {"wait_any", wait_any},
    {"as_completed", as_completed},
    {"completion", completions},
    {"blocking", blocking},
    {"on_another_runtime", on_another},
    {"priorities", levels},
};

}  // namespace

std::span<const scenario> handle_scenarios() { return list; }

}  // namespace magpie_test
