#pragma once

#include <magpie/coroutine/scope.hpp>
#include <magpie/lockfree/source_word.hpp>
#include <magpie/lockfree/wait_block.hpp>
#include <magpie/model/explore.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

/// What a task does when it blocks and goes on, step by step as src/blocked_task.cpp does it, and how scopes end.
namespace rooms {

namespace model = magpie::model;
namespace detail = magpie::detail;

/// The model's atomics, with a lock that blocks: the spin lock has a room of its own, and keeps what a mutex promises.
/// Spinning threads would multiply the executions to no end.
struct locking_atomics : model::atomics {
  // For scenes of one thread: how many locks it holds, and how often it took one while it held the same first one.
  static inline int held = 0;
  static inline int taken_below = 0;
  static inline int most_taken_below = 0;
};

}  // namespace rooms

template <>
class magpie::detail::spin_lock<rooms::locking_atomics> {
 public:
  void lock() {
    lock_.lock();
    using counts = rooms::locking_atomics;
    counts::taken_below = counts::held++ == 0 ? 0 : counts::taken_below + 1;
    if (counts::taken_below > counts::most_taken_below) counts::most_taken_below = counts::taken_below;
  }
  void unlock() {
    --rooms::locking_atomics::held;
    lock_.unlock();
  }

 private:
  magpie::model::mutex lock_;
};

namespace rooms {

/// The epoch of the scene that runs now.
struct scene_epoch {
  static inline model::atomic<std::uint64_t>* at = nullptr;
  static model::atomic<std::uint64_t>& get() { return *at; }
};
using modelled_scope = detail::basic_scope<locking_atomics, scene_epoch>;
using modelled_node = detail::basic_stop_node<locking_atomics>;

/// A scope that is freed once nobody is at work in it: its tasks, the scopes below it, and those outside who hold it
/// to ask for a stop. As at the end of a gather, of a spawned task, of a runtime.
struct living_scope : modelled_scope {
  living_scope(living_scope* parent, int users) : modelled_scope(parent), above(parent), at_work(users) {}
  living_scope* above;
  model::atomic<int> at_work;
};
inline living_scope* make_scope(const char* name, living_scope* above, int users) {
  return model::make_named<living_scope>(name, above, users);
}

/// Somebody has ended. The last one ends the scope, and has thereby ended in the one above.
inline void end_in(living_scope* s) {
  while (s != nullptr && s->at_work.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    living_scope* const above = s->above;
    if ((s->marks() & modelled_scope::linked) != 0) s->leave();
    model::destroy(s);
    s = above;
  }
}

/// Where a task stands in a queue until a worker takes it. It is no part of the task's frame.
class run_cell {
 public:
  void enqueue() {
    model::check(runs_.fetch_add(1, std::memory_order_release) == 0, "a task was made runnable twice");
    model::futex::wake_all(runs_);
  }
  void take() {
    while (runs_.load(std::memory_order_acquire) == 0) model::futex::wait(runs_, std::uint32_t{0});
    runs_.store(0, std::memory_order_relaxed);  // relaxed: who enqueues it next was handed it by us
  }

 private:
  model::atomic<std::uint32_t> runs_{0};
};

/// An awaiter with one node for each of its sources, in a task's frame.
template <std::size_t Sources>
class blocked_frame : public modelled_node {
 public:
  struct source_node {
    model::plain<blocked_frame*> frame{nullptr};
    model::plain<std::uint32_t> number{0};
    model::plain<bool> attached{false};
  };
  using word = detail::source_word<source_node, model::atomics>;
  enum class state : std::uint8_t { refused, asleep, awake };

  static constexpr std::uint32_t stop_source = Sources;

  blocked_frame(run_cell& cell, const std::array<word*, Sources>& sources) : cell_(&cell), sources_(sources) {}

  /// publish(). If it is `asleep`, *this may be gone.
  state block(modelled_scope& inside) {
    inside_ = &inside;
    block_.open(Sources + 1);
    if (!inside.link(*this)) return state::refused;
    for (std::uint32_t i = 0; i < Sources; ++i) {
      nodes_[i].frame = this;
      nodes_[i].number = i;
      if (sources_[i]->attach(&nodes_[i]) == word::attached::yes) {
        nodes_[i].attached = true;
      } else {
        block_.trigger(i);
      }
    }
    return block_.park() ? state::asleep : state::awake;
  }
  /// end_wait(). False: the last arrival wakes us again; *this may be gone.
  bool end_wait() {
    std::uint32_t gone = 0;
    for (std::uint32_t i = 0; i < Sources; ++i) {
      if (!nodes_[i].attached || sources_[i]->detach(&nodes_[i])) ++gone;
    }
    if (inside_->unlink(*this)) ++gone;
    return block_.settle(gone);
  }
  std::uint32_t winner() const { return block_.winner(); }

  /// A source happens, on any thread.
  static void fire(word& source) {
    source_node* n = nullptr;
    if (source.fire(n) != word::fired::waiter) return;
    blocked_frame* const waiter = n->frame;
    waiter->arrived(n->number);
  }

 private:
  void stop_fired() noexcept final { arrived(stop_source); }
  void arrived(std::uint32_t source) {
    run_cell& cell = *cell_;
    if (block_.arrive(source)) cell.enqueue();
  }

  model::plain<run_cell*> cell_;
  std::array<word*, Sources> sources_;
  std::array<source_node, Sources> nodes_;
  model::plain<modelled_scope*> inside_{nullptr};
  detail::wait_block<model::atomics> block_;
};

/// A task that blocks once, in a scope: up to where it sleeps, and from there on, maybe on another thread.
template <std::size_t Sources>
class blocking_task {
 public:
  using frame = blocked_frame<Sources>;
  using word = typename frame::word;
  static constexpr std::uint32_t stop_source = frame::stop_source;

  std::array<word*, Sources> sources{};

  void block(modelled_scope& inside) {
    frame_ = model::make_named<frame>("frame", cell_, sources);
    state_ = frame_->block(inside);
  }
  /// Returns what has ended the wait. The frame is gone.
  std::uint32_t go_on() {
    frame* const f = frame_;
    std::uint32_t winner = stop_source;
    if (state_ != frame::state::refused) {
      if (state_ == frame::state::asleep) cell_.take();
      if (!f->end_wait()) cell_.take();
      winner = f->winner();
    }
    model::destroy(f);
    return winner;
  }

 private:
  run_cell cell_;
  frame* frame_ = nullptr;
  typename frame::state state_ = frame::state::refused;
};

}  // namespace rooms
