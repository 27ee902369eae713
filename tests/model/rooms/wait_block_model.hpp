#pragma once

#include <magpie/lockfree/source_word.hpp>
#include <magpie/lockfree/wait_block.hpp>
#include <magpie/model/explore.hpp>

#include "blocking_task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/wait_block.md.
namespace wait_block_model {

namespace model = magpie::model;

/// What ends a wait: the first source; or the last, and each one before comes unheard.
enum class wants : std::uint8_t { any, all };

/// A task that waits for `Sources`; the first `Firing` of them happen, each on a thread of its own, and `Before` of
/// these before it attaches. With `Stop` there is one more, heard always, that is attached first, as a stop is.
///
/// Whoever wakes the task runs it there and then, so nothing is handed over but by the block itself. Its frame is gone
/// as soon as its wait is over: a thread that touches block or nodes afterwards uses freed memory.
template <wants What, int Sources, int Firing, bool Stop = false, int Before = 0>
struct waits {
  static constexpr int firing = Firing + (Stop ? 1 : 0);
  static constexpr int threads = 1 + firing - Before;
  static constexpr std::size_t all = Sources + (Stop ? 1 : 0);
  static constexpr std::uint32_t stop = Sources;

  struct frame;
  struct node {
    model::plain<frame*> waiter{nullptr};
    model::plain<std::uint32_t> number{0};
    model::plain<bool> attached{false};
  };
  using word = magpie::detail::source_word<node, model::atomics>;
  enum class step : std::uint8_t { detach, last };
  struct frame {
    magpie::detail::wait_block<model::atomics> block;
    std::array<node, all> nodes;
    model::atomic<int> left{Sources};
    model::plain<step> next{step::detach};
  };

  std::array<word, all> sources;
  std::array<model::plain<int>, all> results;
  int finished = 0;

  waits() {
    for (int i = 0; i < Before; ++i) fire(static_cast<std::uint32_t>(i));
  }
  void thread(int self) {
    if (self == 0) return block();
    const int i = self - 1 + Before;
    fire(i < Firing ? static_cast<std::uint32_t>(i) : stop);
  }
  void after() { model::check(finished == 1, "the wait did not end once"); }

 private:
  /// blocked_task::publish().
  void block() {
    frame* const f = model::make_named<frame>("frame");
    f->block.open(all);
    if (Stop) attach(f, stop);
    for (std::uint32_t i = 0; i < Sources; ++i) attach(f, i);
    if (!f->block.park()) end_wait(f);
  }
  void attach(frame* f, std::uint32_t i) {
    node& n = f->nodes[i];
    n.waiter = f;
    n.number = i;
    if (sources[i].attach(&n) == word::attached::yes) {
      n.attached = true;
    } else if (is_heard(f, i)) {
      f->block.trigger(i);
    }
  }
  void end_wait(frame* f) {
    std::uint32_t gone = 0;
    for (std::uint32_t i = 0; i < all; ++i) {
      node& n = f->nodes[i];
      if (!n.attached || sources[i].detach(&n)) ++gone;
    }
    f->next = step::last;
    if (f->block.settle(gone)) finish(f);
  }
  void finish(frame* f) {
    model::check(++finished == 1, "the task went on twice");
    const std::uint32_t winner = f->block.winner();
    model::check(winner < all && results[winner] == 1, "what ended the wait has happened (C1)");
    if (Before > 1 && !Stop && What == wants::any) model::check(winner == 0, "the first stays the one that ended it");
    if (What == wants::all && winner != stop)
      for (std::size_t i = 0; i < Sources; ++i) model::check(results[i] == 1, "all have happened");
    model::destroy(f);
  }

  void fire(std::uint32_t i) {
    results[i] = 1;
    node* n = nullptr;
    if (sources[i].fire(n) != word::fired::waiter) return;
    frame* const f = n->waiter;
    model::check(n->number == i, "another one's node");
    if (!(is_heard(f, i) ? f->block.arrive(i) : f->block.arrive_unheard())) return;  // *f may be gone
    if (f->next == step::detach) {
      end_wait(f);
    } else {
      finish(f);
    }
  }
  static bool is_heard(frame* f, std::uint32_t i) {
    return What == wants::any || i == stop || f->left.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
};

/// As it is put together: a task in a scope waits for a handle and a deadline. Which of the three things happen is by
/// bits: 1 the handle, 2 the deadline, 4 the stop.
template <unsigned Happens>
struct waits_in_a_scope {
  using task = rooms::blocking_task<2>;
  static constexpr int threads = 1 + static_cast<int>((Happens & 1) + (Happens >> 1 & 1) + (Happens >> 2));

  model::atomic<std::uint64_t> epoch{1};
  std::array<typename task::word, 2> sources;
  std::array<model::plain<int>, 2> results;
  rooms::living_scope* inside = nullptr;
  task it;

  waits_in_a_scope() {
    rooms::scene_epoch::at = &epoch;
    inside = rooms::make_scope("scope", nullptr, (Happens & 4) != 0 ? 2 : 1);
    it.sources = {&sources[0], &sources[1]};
  }
  void thread(int self) {
    if (self == 0) {
      it.block(*inside);
      const std::uint32_t winner = it.go_on();
      model::check(winner < 2 ? results[winner] == 1 : inside->stop_requested(), "what ended the wait has happened");
      return rooms::end_in(inside);
    }
    unsigned i = 0;
    for (int left = self;; ++i)
      if ((Happens >> i & 1) != 0 && --left == 0) break;
    if (i == 2) {
      inside->request_stop();
      return rooms::end_in(inside);
    }
    results[i] = 1;
    rooms::blocked_frame<2>::fire(sources[i]);
  }
};

}  // namespace wait_block_model
