#pragma once

#include <magpie/coroutine/ending.hpp>
#include <magpie/gather.hpp>
#include <magpie/model/explore.hpp>
#include <magpie/task.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

/// Scenes for the gather block (docs/protocols/gather_block.md): magpie's own coroutines, gather() and ends of tasks,
/// compiled against the model. What is ours is the worker's loop, the queue, and the heap that the frames come from: it
/// is the model's, so every late touch of a block is a use after free, and a child dropped twice a double free.
namespace gather_block_model {

namespace model = magpie::model;
using namespace magpie::detail;  // the scenes stand in for the engine
using magpie::gather;
using magpie::task;

/// Suspended tasks that any worker may resume: a cell for each.
inline constexpr int cells = 2;

struct worker : worker_context {
  using worker_context::worker_context;
};

class queue_executor final : public executor {
 public:
  queue_executor() : executor(reinterpret_cast<magpie::runtime&>(*this), [](std::exception_ptr, std::string_view) {}) {}
  void enqueue(runnable& r, placement) noexcept override {
    for (auto& each : queue_) {
      runnable* none = nullptr;
      if (each.compare_exchange_strong(none, &r, release, relaxed)) return;
    }
    model::check(false, "more suspended tasks than the scene has cells");
  }
  bool start(runnable&) noexcept override { return false; }
  bool announce() noexcept override { return false; }
  void ended() noexcept override {}
  std::int64_t now() noexcept override { return 0; }
  void arm(timer_node&) override {}
  bool disarm(timer_node&) noexcept override { return true; }

  runnable* take() noexcept {
    for (auto& each : queue_)
      if (each.load(relaxed) != nullptr)
        if (runnable* r = each.exchange(nullptr, acquire)) return r;
    return nullptr;
  }

 private:
  std::array<atomics::atomic<runnable*>, cells> queue_{};
};

/// co_await elsewhere(): goes on by any worker, later. As yield(), which is of a higher floor.
class elsewhere : public native_awaiter, private runnable {
 public:
  elsewhere() noexcept : runnable([](runnable* r) noexcept { return static_cast<elsewhere*>(r)->task_; }) {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    task_ = h;
    current_worker->home.enqueue(*this, placement::back);
    return std::noop_coroutine();  // *this may be gone
  }
  void await_resume() const noexcept {}

 private:
  std::coroutine_handle<> task_;
};

/// What a child writes and its parent reads, in the parent's frame.
using cell = model::plain<int>;

struct boom {};

/// The scene's account of one execution.
struct account {
  int started = 0;
  int resumed = 0;
  magpie::detail::scope* outside = nullptr;  // that the root runs in
};
inline account* now = nullptr;

/// Which children suspend: by bits.
inline task<> child(cell& out, bool suspends = false) {
  ++now->started;
  if (suspends) co_await elsewhere();
  out = 1;
}
inline task<> failing_child(cell& out) {
  ++now->started;
  out = 1;
  if (now != nullptr) throw boom();
  co_return;
}

inline void joined(std::initializer_list<const cell*> all) {
  ++now->resumed;
  for (const cell* each : all) model::check(*each == 1, "the parent went on before a child had ended");
}

// The trees. Each root ends once all else has ended.
struct two {
  static constexpr int starts = 2, joins = 1;
  static task<> root() {
    cell a, b;
    co_await gather(child(a), child(b));
    joined({&a, &b});
  }
};
struct three {
  static constexpr int starts = 3, joins = 1;
  static task<> root() {
    cell a, b, c;
    co_await gather(child(a), child(b), child(c));
    joined({&a, &b, &c});
  }
};
template <int Suspends>
struct two_of_which_suspend {
  static constexpr bool suspends = Suspends != 0;
  static constexpr int starts = 2, joins = 1;
  static task<> root() {
    cell a, b;
    co_await gather(child(a, (Suspends & 1) != 0), child(b, (Suspends & 2) != 0));
    joined({&a, &b});
  }
};
/// The inner gather's parent is a child itself: its end pops, or does not, on the worker that joined last (J4).
template <int Suspends>
struct nested {
  static constexpr bool suspends = Suspends != 0;
  static constexpr int starts = 3, joins = 2;
  static task<> inner(cell& out) {
    cell a, b;
    co_await gather(child(a, (Suspends & 1) != 0), child(b, (Suspends & 2) != 0));
    joined({&a, &b});
    out = 1;
  }
  static task<> root() {
    cell a, b;
    co_await gather(inner(a), child(b, (Suspends & 4) != 0));
    joined({&a, &b});
  }
};
/// With one slot a deque, the inner gather's entries are not handed on while the outer's stands there (J5).
struct nested_three {
  static constexpr int starts = 4, joins = 2;
  static task<> root() {
    cell a, b;
    co_await gather(inner(a), child(b));
    joined({&a, &b});
  }
  static task<> inner(cell& out) {
    cell a, b, c;
    co_await gather(child(a), child(b), child(c));
    joined({&a, &b, &c});
    out = 1;
  }
};

/// A task that is resumed may find another gather's entry in the deque of the worker that resumes it (F6).
struct nested_twice_and_suspends {
  static constexpr bool suspends = true;
  static constexpr int starts = 4, joins = 3;
  static task<> root() {
    cell a, b;
    co_await gather(nested<1>::inner(a), nested<1>::inner(b));
    joined({&a, &b});
  }
};

/// A range, of which a thief takes the upper half (J8). `Suspends`: which of them suspend, by bits.
template <std::size_t Count, int Suspends = 0>
struct range {
  static constexpr bool suspends = Suspends != 0;
  static constexpr int starts = static_cast<int>(Count), joins = 1;
  static task<> root() {
    std::array<cell, Count> cells;
    std::vector<task<>> children;
    children.reserve(Count);
    for (std::size_t i = 0; i < Count; ++i) children.push_back(child(cells[i], (Suspends >> i & 1) != 0));
    co_await gather(std::move(children));
    for (const cell& each : cells) model::check(each == 1, "the parent went on before a child had ended");
    ++now->resumed;
  }
};

/// The first of a range throws: whoever holds it, or a part of it, drops the rest, each frame once, but for those that
/// start anyway (J7): `Anyway` says which, by bits.
template <std::size_t Count, int Anyway = 0>
struct first_of_range_fails {
  static constexpr int starts = -1, joins = 1;
  static constexpr bool starts_anyway(std::size_t i) { return (Anyway >> i & 1) != 0; }
  static task<> root() {
    std::array<cell, Count> cells;
    std::vector<task<>> children;
    children.reserve(Count);
    children.push_back(failing_child(cells[0]));
    for (std::size_t i = 1; i < Count; ++i) {
      children.push_back(magpie::detail::started_like(starts_anyway(i), child(cells[i])));
    }
    bool caught = false;
    try {
      co_await gather(std::move(children));
    } catch (const boom&) {
      caught = true;
    }
    model::check(caught, "the failure was lost");
    ++now->resumed;
    model::check(cells[0] == 1, "the parent went on before a child had ended");
    for (std::size_t i = 1; i < Count; ++i) {
      if (starts_anyway(i)) model::check(cells[i] == 1, "what starts anyway did not, or its end was not waited for");
    }
    model::check(now->started <= static_cast<int>(Count), "a child was started twice");
  }
};

/// The first child throws: who holds the entry drops the rest, each frame once.
struct first_fails {
  static constexpr int starts = -1, joins = 1;  // the others may have been started, or not
  static task<> root() {
    cell a, b, c;
    bool caught = false;
    try {
      co_await gather(failing_child(a), child(b), child(c));
    } catch (const boom&) {
      caught = true;
    }
    model::check(caught, "the failure was lost");
    ++now->resumed;
    model::check(a == 1, "the parent went on before a child had ended");
    model::check(now->started <= 3, "a child was started twice");
  }
};

/// The first child throws, and of the others those that start anyway run, once each (J7).
template <bool SecondStartsAnyway>
struct first_fails_and_others_start_anyway {
  static constexpr int starts = -1, joins = 1;  // the second may have been started, or not
  static task<> root() {
    cell a, b, c;
    bool caught = false;
    auto second = magpie::detail::started_like(SecondStartsAnyway, child(b));
    auto third = magpie::detail::started_like(true, child(c));
    try {
      co_await gather(failing_child(a), std::move(second), std::move(third));
    } catch (const boom&) {
      caught = true;
    }
    model::check(caught, "the failure was lost");
    ++now->resumed;
    model::check(a == 1, "the parent went on before a child had ended");
    model::check(c == 1, "what starts anyway did not, or its end was not waited for");
    if (SecondStartsAnyway) model::check(b == 1 && now->started == 3, "what starts anyway did not, or not once");
    model::check(now->started <= 3, "a child was started twice");
  }
};

/// On one worker, the rest is never started.
struct first_fails_alone : first_fails {
  static constexpr int starts = 1;
};

/// All is stopped from outside, and a child ends cancelled for it: its parent ends with it, and does not go on.
struct stopped_from_outside {
  static constexpr int starts = -1, joins = 0;
  static task<> stopped_child() {
    ++now->started;
    now->outside->request_stop();
    if (now != nullptr) throw magpie::task_cancelled();
    co_return;
  }
  static task<> root() {
    cell a;
    try {
      co_await gather(stopped_child(), child(a));
    } catch (...) {
      model::check(false, "the parent went on, with an exception");
    }
    joined({});
  }
};

/// `Threads` workers; the deque of each has `Room` slots and, if `Arrays` is not many, cannot grow for ever. All but
/// the first worker leave when they have looked `Looks` times in a row and found nothing: then there are fewer
/// schedules.
template <class Tree, int Threads, int Room = 4, int Arrays = 99, int Looks = 1000>
class scene {
 public:
  static constexpr int threads = Threads;

  scene() {
    now = &account_;
    account_.outside = &end_.own;
    gather_atomics::arrays_left = Arrays;
    std::construct_at(&stop_epoch, scope::never_looked + 1);
    gather_atomics::put_back = [](int thread) { current_worker = thread < threads ? place[thread] : nullptr; };
    for (int i = 0; i < threads; ++i) place[i] = &workers_[static_cast<std::size_t>(i)].emplace(home_, sleepers_, Room);
  }
  scene(const scene&) = delete;
  scene& operator=(const scene&) = delete;
  ~scene() { gather_atomics::put_back = nullptr; }

  void thread(int self) {
    worker& me = *place[self];
    current_worker = &me;
    set_stack_floor(me);
    if (self == 0) resume(me, begin(me));
    int looks = 0;  // since it has worked
    while (!finished_ && (self == 0 || looks < Looks)) {
      if (std::coroutine_handle<> h = find(me, looks == 0)) {
        resume(me, h);
        looks = 0;
      } else {
        atomics::pause();
        ++looks;
      }
    }
  }
  void after() {
    model::check(ends_ == 1, "the root did not end once");
    model::check(account_.resumed == Tree::joins, "a parent did not go on once");
    model::check(Tree::starts < 0 || account_.started == Tree::starts, "a child was not started once");
    for (auto& each : workers_) model::check(each->forks.looks_empty(), "an entry is left");
  }

 private:
  struct end_of_all : boundary_join {
    explicit end_of_all(scene& s) noexcept : boundary_join(note), whole(s) {}
    static verdict note(boundary_join* join) noexcept {
      scene& s = static_cast<end_of_all*>(join)->whole;
      ++s.ends_;
      s.finished_ = true;
      return {std::noop_coroutine()};
    }
    scene& whole;
    scope own;
  };

  std::coroutine_handle<> begin(worker& me) {
    task_coroutine root = Tree::root().take();
    end_.inside = &end_.own;
    promise_base& p = root.promise();
    p.join = &end_;
    p.result = &result_;
    p.kind = role::boundary;
    me.forks.raise_floor();
    me.quiet_epoch = scope::never_looked;
    return root;
  }

  /// As worker::find(). Which of its own two sources comes first changes from turn to turn there, so it is open here.
  /// An idle worker need not look again into its own deque, which only it fills.
  std::coroutine_handle<> find(worker& me, bool worked) {
    const bool queue_first = uses_queue && model::engine::get().choose(2) == 1;
    if (queue_first)
      if (runnable* r = home_.take()) return start_queued(me, r);
    if (worked)
      if (gather_block* b = me.forks.take()) return start_stolen(me, b, entry_from::below);
    if (uses_queue && !queue_first)
      if (runnable* r = home_.take()) return start_queued(me, r);
    for (worker* victim : place) {
      gather_block* b = nullptr;
      if (victim == nullptr || victim == &me) continue;
      if (victim->forks.steal(b) == steal_result::taken) return start_stolen(me, b, entry_from::another);
    }
    return {};
  }

  static constexpr bool uses_queue = [] {
    if constexpr (requires { Tree::suspends; }) return Tree::suspends;
    return false;
  }();
  static inline std::array<worker*, threads> place{};

  queue_executor home_;
  parking_word<> sleepers_;
  std::array<std::optional<worker>, threads> workers_;
  end_of_all end_{*this};
  result_slot<void> result_;
  bool finished_ =
      false;  // no atomic: it is no part of the protocol, and would be a step in each round of an idle worker
  account account_;
  int ends_ = 0;
};

}  // namespace gather_block_model
