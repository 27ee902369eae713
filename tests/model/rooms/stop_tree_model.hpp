#pragma once

#include <magpie/coroutine/scope.hpp>
#include <magpie/model/explore.hpp>

#include <cstdint>

/// Scenes of docs/protocols/stop_tree.md.
namespace rooms {

namespace model = magpie::model;

/// The epoch of the scene that runs now.
struct scene_epoch {
  static inline model::atomic<std::uint64_t>* at = nullptr;
  static model::atomic<std::uint64_t>& get() { return *at; }
};
using modelled_scope = magpie::detail::basic_scope<model::atomics, scene_epoch>;

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

}  // namespace rooms
