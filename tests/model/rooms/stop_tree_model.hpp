#pragma once

#include <magpie/coroutine/scope.hpp>
#include <magpie/model/explore.hpp>

#include "blocking_task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/stop_tree.md.
namespace rooms {

struct tree {
  static constexpr std::uint64_t first_epoch = 1;

  model::atomic<std::uint64_t> epoch{first_epoch};
  modelled_scope root;
  modelled_scope middle{&root};
  modelled_scope left{&middle};
  modelled_scope right{&middle};
  modelled_scope elsewhere{&root};

  tree() { scene_epoch::at = &epoch; }
};

/// What a worker keeps of the task that it runs: stop_requested() of coroutine/this_worker.hpp.
struct modelled_worker {
  std::uint64_t quiet_epoch = modelled_scope::never_looked;
  std::uint64_t looked_at = 0;

  bool stop_requested(modelled_scope& s) {
    looked_at = scene_epoch::get().load(std::memory_order_acquire);
    if (looked_at == quiet_epoch) return false;
    if (s.look_up(looked_at)) return true;
    quiet_epoch = looked_at;
    return false;
  }
};

/// One thread stops a scope, the others look up from two leaves below it, over caches that they share (X1, X2, X3).
template <int Lookers, int Looks>
struct stopped_above : tree {
  static constexpr int threads = 1 + Lookers;

  void thread(int self) {
    if (self == 0) return middle.request_stop();
    modelled_worker w;
    modelled_scope& leaf = self == 1 ? left : right;
    bool before = false;
    for (int i = 0; i < Looks; ++i) {
      const bool found = w.stop_requested(leaf);
      model::check(w.looked_at == first_epoch || found, "a stop that moved the epoch is found");
      model::check(found || !before, "a stop is not forgotten");
      before = found;
    }
  }
  void after() {
    modelled_worker w;
    model::check(w.stop_requested(left) && w.stop_requested(right), "a stop is found");
    model::check(!elsewhere.stop_requested() && !root.stop_requested(), "only what is below was stopped");
    model::check(left.marks() == 0 && right.marks() == 0, "only a request marks (X3)");
  }
};

/// Two stops, of scopes in different places: the one that does not concern the looker moves the epoch too.
struct stopped_elsewhere_too : tree {
  static constexpr int threads = 3;

  void thread(int self) {
    if (self == 0) return middle.request_stop();
    if (self == 1) return elsewhere.request_stop();
    modelled_worker w;
    for (int i = 0; i < 3; ++i) {
      const bool found = w.stop_requested(left);
      model::check(w.looked_at != first_epoch + 2 || found, "a stop that moved the epoch is found");
    }
  }
  void after() { model::check(left.stop_requested() && elsewhere.stop_requested(), "a stop is found"); }
};

/// The scope's own question, asked by somebody who has seen the epoch move but has acquired nothing.
struct asked_without_a_worker : tree {
  static constexpr int threads = 2;

  void thread(int self) {
    if (self == 0) return root.request_stop();
    const bool moved = epoch.load(std::memory_order_relaxed) != first_epoch;
    const bool found = left.stop_requested();
    model::check(found || !moved, "a stop that moved the epoch is found");
  }
};

/// Two threads stop the same scope. Each of them, when it has done so, finds what it has asked for.
struct stopped_twice : tree {
  static constexpr int threads = 2;

  void thread(int self) {
    modelled_worker w;
    modelled_scope& leaf = self == 0 ? left : right;
    static_cast<void>(w.stop_requested(leaf));
    middle.request_stop();
    model::check(w.stop_requested(leaf), "who has requested a stop finds it");
  }
};

/// A task looks, makes a child with what it knows, and a thief goes on with it: what it takes over is still true (X2).
struct stolen_child : tree {
  static constexpr int threads = 3;

  modelled_scope child;
  model::atomic<modelled_scope*> offered{nullptr};

  void thread(int self) {
    if (self == 0) return root.request_stop();
    modelled_worker w;
    if (self == 1) {
      static_cast<void>(w.stop_requested(left));
      child.place(&left, w.quiet_epoch);
      offered.store(&child, std::memory_order_release);
    } else {
      modelled_scope* stolen = offered.load(std::memory_order_acquire);
      if (stolen == nullptr) return;
      w.quiet_epoch = stolen->seen();
      for (int i = 0; i < 2; ++i) {
        const bool found = w.stop_requested(*stolen);
        model::check(w.looked_at == first_epoch || found, "a stop that moved the epoch is found");
      }
    }
  }
  void after() { model::check(child.stop_requested(), "a stop is found"); }
};

// What is linked ----------------------------------------------------------------------------------------------------

/// Scopes below one another, the first at the top, all on the model's heap.
template <std::size_t Depth>
struct chain {
  model::atomic<std::uint64_t> epoch{1};
  std::array<living_scope*, Depth> scopes{};

  chain() {
    scene_epoch::at = &epoch;
    for (std::size_t i = 0; i < Depth; ++i) scopes[i] = make_scope("scope", i == 0 ? nullptr : scopes[i - 1], 1);
    // Each holds the one above, but nobody the last.
    bottom()->at_work.store(0, std::memory_order_relaxed);
  }
  living_scope* bottom() { return scopes[Depth - 1]; }
  void hold(living_scope* s) { s->at_work.fetch_add(1, std::memory_order_relaxed); }
};

/// What a stop promises to whom it has woken.
inline void woken_by_stop(modelled_scope& s) { model::check(s.stop_requested(), "who was woken by a stop finds it"); }

/// A task blocks at the bottom while somebody stops the scope at `Level`, 0 being the top. Nothing else wakes it (X4).
template <std::size_t Depth, std::size_t Level>
struct blocks_while_stopped : chain<Depth> {
  static constexpr int threads = 2;
  blocking_task<0> task;

  blocks_while_stopped() {
    this->hold(this->bottom());
    this->hold(this->scopes[Level]);
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[Level]->request_stop();
      return end_in(this->scopes[Level]);
    }
    task.block(*this->bottom());
    static_cast<void>(task.go_on());
    woken_by_stop(*this->bottom());
    end_in(this->bottom());
  }
};

/// A task sleeps at the bottom, and another one that runs in the same scope looks for the stop: what it caches on its
/// way up must not hide the sleeper from who comes down (X3).
template <std::size_t Depth>
struct looks_beside_a_sleeper : chain<Depth> {
  static constexpr int threads = 3;
  blocking_task<0> task;

  looks_beside_a_sleeper() {
    this->hold(this->bottom());
    this->hold(this->bottom());
    this->hold(this->scopes[0]);
    task.block(*this->bottom());
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[0]->request_stop();
      return end_in(this->scopes[0]);
    }
    if (self == 1) {
      static_cast<void>(this->bottom()->stop_requested());
    } else {
      static_cast<void>(task.go_on());
      woken_by_stop(*this->bottom());
    }
    end_in(this->bottom());
  }
};

/// Two tasks block in the same scope or side by side, `Depth` scopes share their way up, and somebody stops the top:
/// the one who finds a link in place relies on the other to go on (X5).
template <std::size_t Depth, bool SideBySide>
struct two_block_while_stopped : chain<Depth> {
  static constexpr int threads = 3;
  std::array<blocking_task<0>, 2> tasks;
  std::array<living_scope*, 2> in{};

  two_block_while_stopped() {
    for (living_scope*& each : in) {
      this->hold(this->bottom());
      each = SideBySide ? make_scope("leaf", this->bottom(), 1) : this->bottom();
    }
    this->hold(this->scopes[0]);
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[0]->request_stop();
      return end_in(this->scopes[0]);
    }
    const auto i = static_cast<std::size_t>(self - 1);
    tasks[i].block(*in[i]);
    static_cast<void>(tasks[i].go_on());
    woken_by_stop(*in[i]);
    end_in(in[i]);
  }
};

/// A task sleeps at the bottom already. What it waits for happens while the scope at `Level` is stopped: it goes on and
/// leaves its scopes, which a sweep may just be moving or draining (X6). One wake, whoever is first.
template <std::size_t Depth, std::size_t Level>
struct leaves_while_stopped : chain<Depth> {
  static constexpr int threads = 2;
  blocking_task<1> task;
  typename blocking_task<1>::word source;

  leaves_while_stopped() {
    this->hold(this->bottom());
    this->hold(this->scopes[Level]);
    task.sources = {&source};
    task.block(*this->bottom());
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[Level]->request_stop();
      return end_in(this->scopes[Level]);
    }
    blocked_frame<1>::fire(source);
    if (task.go_on() == blocking_task<1>::stop_source) woken_by_stop(*this->bottom());
    end_in(this->bottom());
  }
};

/// One blocks, to be woken by the stop alone; beside it another one finds what it wants, and leaves its scope, which
/// the first may have relied upon to link the scopes above both (X5).
template <std::size_t Depth>
struct blocks_beside_one_that_leaves : chain<Depth> {
  static constexpr int threads = 3;
  blocking_task<0> blocks;
  blocking_task<1> leaves;
  typename blocking_task<1>::word source;
  std::array<living_scope*, 2> in{};

  blocks_beside_one_that_leaves() {
    for (living_scope*& each : in) {
      this->hold(this->bottom());
      each = make_scope("leaf", this->bottom(), 1);
    }
    this->hold(this->scopes[0]);
    leaves.sources = {&source};
    blocked_frame<1>::fire(source);
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[0]->request_stop();
      return end_in(this->scopes[0]);
    }
    if (self == 1) {
      blocks.block(*in[0]);
      static_cast<void>(blocks.go_on());
      woken_by_stop(*in[0]);
      return end_in(in[0]);
    }
    leaves.block(*in[1]);
    if (leaves.go_on() == blocking_task<1>::stop_source) woken_by_stop(*in[1]);
    end_in(in[1]);
  }
};

/// Two tasks sleep side by side below the chain, each in a scope of its own. They go on for their own reasons while the
/// top is stopped, and the last of them ends the scope that both are in.
template <std::size_t Depth>
struct two_leave_while_stopped : chain<Depth> {
  static constexpr int threads = 3;
  std::array<blocking_task<1>, 2> tasks;
  std::array<typename blocking_task<1>::word, 2> sources;
  std::array<living_scope*, 2> in{};

  two_leave_while_stopped() {
    for (std::size_t i = 0; i < 2; ++i) {
      this->hold(this->bottom());
      in[i] = make_scope("leaf", this->bottom(), 1);
      tasks[i].sources = {&sources[i]};
      tasks[i].block(*in[i]);
    }
    this->hold(this->scopes[0]);
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[0]->request_stop();
      return end_in(this->scopes[0]);
    }
    const auto i = static_cast<std::size_t>(self - 1);
    blocked_frame<1>::fire(sources[i]);
    if (tasks[i].go_on() == blocking_task<1>::stop_source) woken_by_stop(*in[i]);
    end_in(in[i]);
  }
};

/// Two are stopped at once, one above the other, over a task that sleeps, or lies down just then.
template <std::size_t Depth, std::size_t Upper, std::size_t Lower, bool Asleep>
struct two_requests : chain<Depth> {
  static constexpr int threads = 3;
  blocking_task<0> task;

  two_requests() {
    this->hold(this->bottom());
    this->hold(this->scopes[Upper]);
    this->hold(this->scopes[Lower]);
    if (Asleep) task.block(*this->bottom());
  }
  void thread(int self) {
    if (self < 2) {
      living_scope* const s = this->scopes[self == 0 ? Upper : Lower];
      s->request_stop();
      return end_in(s);
    }
    if (!Asleep) task.block(*this->bottom());
    static_cast<void>(task.go_on());
    woken_by_stop(*this->bottom());
    end_in(this->bottom());
  }
};

/// A spawned task ends while its handle cancels it: its scope is left, but stays in memory until both are done with it.
/// If `Blocks`, the task sleeps before; else a request finds nothing linked, and makes the links itself (X7).
template <bool Blocks, bool AboveToo>
struct ends_while_cancelled : chain<1> {
  static constexpr int threads = AboveToo ? 3 : 2;
  struct spawned {
    explicit spawned(modelled_scope* above) : own(above) {}
    modelled_scope own;
    model::atomic<int> holders{2};
    void let_go() {
      if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) model::destroy(this);
    }
  };
  spawned* it = nullptr;
  blocking_task<1> task;
  typename blocking_task<1>::word source;

  ends_while_cancelled() {
    hold(bottom());
    if (AboveToo) hold(bottom());
    it = model::make_named<spawned>("spawned", bottom());
    task.sources = {&source};
    if (Blocks) task.block(it->own);
  }
  void thread(int self) {
    if (self == 0) {
      it->own.request_stop();
      return it->let_go();
    }
    if (self == 2) {
      bottom()->request_stop();
      return end_in(bottom());
    }
    if (Blocks) {
      blocked_frame<1>::fire(source);
      if (task.go_on() == blocking_task<1>::stop_source) woken_by_stop(it->own);
    }
    if ((it->own.marks() & modelled_scope::linked) != 0) it->own.leave();
    it->let_go();
    end_in(bottom());
  }
};

/// A task blocks twice in one scope: the second time its scopes are linked already, or were, and are swept.
template <std::size_t Depth>
struct blocks_again_while_stopped : chain<Depth> {
  static constexpr int threads = 2;
  std::array<blocking_task<1>, 2> tasks;
  std::array<typename blocking_task<1>::word, 2> sources;  // the second never happens

  blocks_again_while_stopped() {
    this->hold(this->bottom());
    this->hold(this->scopes[0]);
    for (std::size_t i = 0; i < 2; ++i) tasks[i].sources = {&sources[i]};
    blocked_frame<1>::fire(sources[0]);
  }
  void thread(int self) {
    if (self == 0) {
      this->scopes[0]->request_stop();
      return end_in(this->scopes[0]);
    }
    for (auto& each : tasks) {
      each.block(*this->bottom());
      if (each.go_on() == blocking_task<1>::stop_source) woken_by_stop(*this->bottom());
    }
    woken_by_stop(*this->bottom());
    end_in(this->bottom());
  }
};

/// A request that begins after a task has been linked has woken it when it returns.
template <std::size_t Depth>
struct fired_on_return : chain<Depth> {
  static constexpr int threads = 2;
  struct node : modelled_node {
    void stop_fired() noexcept final { fired = true; }
    bool fired = false;
  };
  node it;
  model::atomic<bool> is_linked{false};

  fired_on_return() { this->hold(this->bottom()); }
  void thread(int self) {
    if (self == 0) {
      model::check(this->bottom()->link(it), "nobody has asked for a stop");
      is_linked.store(true, std::memory_order_relaxed);
    } else {
      while (!is_linked.load(std::memory_order_relaxed)) model::atomics::pause();
      this->scopes[0]->request_stop();
      model::check(it.fired, "a request returned before it had woken all");
    }
  }
  void after() {
    model::check(!this->bottom()->unlink(it), "what has fired is not linked");
    end_in(this->bottom());
  }
};

/// Two ask at once. Whoever returns, the task was taken out: by this request, or by the other, which is to fire it.
struct taken_on_return : chain<1> {
  static constexpr int threads = 2;
  struct node : modelled_node {
    void about_to_fire() noexcept final { taken = true; }
    void stop_fired() noexcept final {}
    bool taken = false;
  };
  node it;

  taken_on_return() {
    hold(bottom());
    model::check(bottom()->link(it), "nobody has asked for a stop");
  }
  void thread(int) {
    bottom()->request_stop();
    model::check(it.taken, "a request returned before all was taken out");
  }
  void after() { end_in(bottom()); }
};

/// More sleepers, and more scopes in which somebody has slept, than a sweep comes by in one hold of a lock.
template <std::size_t Sleepers, std::size_t Scopes>
struct many_linked : chain<1> {
  static constexpr int threads = 1;
  static constexpr int batch = 64;
  struct node : modelled_node {
    void stop_fired() noexcept final {
      model::check(locking_atomics::held == 0, "fired under a lock");
      ++fired;
    }
    int fired = 0;
  };
  std::array<node, Sleepers> in_one;
  std::array<node, Scopes> in_many;
  std::array<living_scope*, Scopes> leaves{};

  many_linked() {
    hold(bottom());
    for (node& each : in_one) model::check(bottom()->link(each), "nobody has asked for a stop");
    for (std::size_t i = 0; i < Scopes; ++i) {
      hold(bottom());
      leaves[i] = make_scope("leaf", bottom(), 1);
      model::check(leaves[i]->link(in_many[i]), "nobody has asked for a stop");
      // Most sleep no more, and their scopes stay where they are.
      if (!sleeps(i)) model::check(leaves[i]->unlink(in_many[i]), "nobody has asked for a stop");
    }
    locking_atomics::held = locking_atomics::most_taken_below = 0;
  }
  static bool sleeps(std::size_t i) { return i % 4 == 3; }
  void thread(int) {
    bottom()->request_stop();
    model::check(locking_atomics::most_taken_below <= batch + 1, "one hold of a lock did more than its share");
    for (node& each : in_one) model::check(each.fired == 1, "somebody was not woken once");
    for (std::size_t i = 0; i < Scopes; ++i)
      model::check(in_many[i].fired == (sleeps(i) ? 1 : 0), "somebody was not woken once");
  }
  void after() {
    for (living_scope* each : leaves) end_in(each);
    end_in(bottom());
  }
};

/// More sleepers in a scope below than a sweep comes by in one hold of a lock.
template <std::size_t Sleepers>
struct many_linked_below : chain<2> {
  static constexpr int threads = 1;
  std::array<many_linked<1, 1>::node, Sleepers> nodes;

  many_linked_below() {
    hold(bottom());
    for (auto& each : nodes) model::check(bottom()->link(each), "nobody has asked for a stop");
    locking_atomics::held = 0;
  }
  void thread(int) {
    scopes[0]->request_stop();
    for (const auto& each : nodes) model::check(each.fired == 1, "somebody was not woken once");
  }
  void after() { end_in(bottom()); }
};

/// The state behind the tokens of a scope: kept by it, by each token, and by a stop that is just firing it.
struct token_state : modelled_node {
  model::atomic<int> holders{1};
  model::atomic<std::uint32_t> stopped{0};
  int fired = 0;

  void about_to_fire() noexcept final { hold(); }
  void stop_fired() noexcept final {
    model::check(++fired == 1, "a token fires once");
    stopped.store(1, std::memory_order_release);
    model::futex::wake_all(stopped);
    let_go();
  }
  void scope_ended() noexcept final { let_go(); }

  void hold() { holders.fetch_add(1, std::memory_order_relaxed); }
  void let_go() {
    if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) model::destroy(this);
  }

  /// The token of a scope.
  static token_state* of(modelled_scope& s) {
    auto* const mine = model::make_named<token_state>("token");
    bool fires = true;
    auto* const kept =
        static_cast<token_state*>(s.keep(*mine, fires, [](modelled_node* n) { static_cast<token_state*>(n)->hold(); }));
    if (kept != mine) {
      mine->let_go();
    } else if (!fires) {
      mine->hold();
      mine->stop_fired();
    }
    return kept;
  }
};

/// `Tasks` tasks ask their scope for its token, while somebody stops the top. If `Waits`, they go on only when their
/// token says so; else their scope ends at once, and the tokens outlive it.
template <std::size_t Depth, int Tasks, bool Waits, int Stops = 1>
struct tokens : chain<Depth> {
  static constexpr int threads = 1 + Tasks;

  tokens() {
    for (int i = 0; i < Tasks; ++i) this->hold(this->bottom());
    this->hold(this->scopes[0]);
  }
  void thread(int self) {
    if (self == 0) {
      for (int i = 0; i < Stops; ++i) this->scopes[0]->request_stop();
      return end_in(this->scopes[0]);
    }
    token_state* const mine = token_state::of(*this->bottom());
    if (Waits) {
      while (mine->stopped.load(std::memory_order_acquire) == 0) model::futex::wait(mine->stopped, std::uint32_t{0});
      woken_by_stop(*this->bottom());
    }
    end_in(this->bottom());
    mine->let_go();
  }
};

/// A spawned task that has given a token away ends, while its handle cancels it or asks for a token, too; the memory
/// stays until both are done. Under a lock of their own they know whether it has ended, as those of a group do (K2,
/// X7).
template <bool Asks>
struct token_of_one_that_ends : chain<1> {
  static constexpr int threads = 2;
  struct spawned {
    explicit spawned(modelled_scope* above) : own(above) {}
    modelled_scope own;
    model::plain<bool> ended{false};
    model::mutex guard;
    model::atomic<int> holders{2};
    void let_go() {
      if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) model::destroy(this);
    }
  };
  spawned* it = nullptr;

  token_of_one_that_ends() {
    hold(bottom());
    it = model::make_named<spawned>("spawned", bottom());
    token_state::of(it->own)->let_go();  // the scope keeps it
  }
  void thread(int self) {
    if (self == 0) {
      if (Asks) {
        ask();
      } else {
        it->own.request_stop();
      }
      return it->let_go();
    }
    it->guard.lock();
    it->ended = true;
    it->guard.unlock();
    it->own.leave();
    it->let_go();
    end_in(bottom());
  }
  void ask() {
    it->guard.lock();
    token_state* const mine = it->ended ? nullptr : token_state::of(it->own);
    it->guard.unlock();
    if (mine != nullptr) mine->let_go();
  }
};

}  // namespace rooms
