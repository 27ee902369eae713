#pragma once

#include <magpie/coroutine/waiter_list.hpp>
#include <magpie/model/explore.hpp>

#include "blocking_task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

/// Scenes of docs/protocols/waiter_list.md: the shipped waiter list and happening. The nodes are on the model's heap,
/// freed as soon as their waiters may.
namespace waiter_list_model {

namespace model = magpie::model;
using rooms::locking_atomics;
using happening = magpie::detail::basic_happening<locking_atomics>;
using waiter = magpie::detail::basic_waiter<locking_atomics>;

/// Where a waiter sleeps; it outlives the node.
struct bed {
  model::atomic<std::uint32_t> arrived{0};
  void wake() {
    model::check(arrived.fetch_add(1, std::memory_order_release) == 0, "a waiter was woken twice");
    model::futex::wake_all(arrived);
  }
  void sleep() {
    while (arrived.load(std::memory_order_acquire) == 0) model::futex::wait(arrived, std::uint32_t{0});
  }
};
struct node final : waiter {
  explicit node(bed& b) : waiter(wake), at(&b) {}
  static void wake(waiter* w) noexcept {
    model::check(locking_atomics::held == 0, "woken under a lock");
    bed* const b = static_cast<node*>(w)->at;
    b->wake();  // *w may be gone
  }
  model::plain<bed*> at;
};

/// What one of many does. `leaves`: it does not wait to the end, if it can help it.
enum class stay : std::uint8_t { waits, leaves };

/// Somebody fires, once; the others attach a node each, and wait, or leave (L1, L3).
template <stay First, stay... Others>
struct fired_once {
  static constexpr int waiters = 1 + sizeof...(Others);
  static constexpr int threads = 1 + waiters;

  fired_once() { locking_atomics::held = 0; }
  void thread(int self) {
    if (self == 0) {
      written = 1;
      return it.fire();
    }
    const auto i = static_cast<std::size_t>(self - 1);
    auto* const mine = model::make_named<node>("node", beds[i]);
    if (!it.attach(*mine)) {
      model::check(written == 1, "what came before is seen by who was refused");
    } else if (how[i] == stay::waits || !it.detach(*mine)) {
      beds[i].sleep();
      model::check(written == 1, "what came before is seen by who was woken");
    }
    model::destroy(mine);
  }
  void after() { model::check(it.has_happened(), "it has happened"); }

  static constexpr std::array how{First, Others...};
  happening it;
  std::array<bed, waiters> beds;
  model::plain<int> written{0};
};

/// Who finds that it has happened sees what was before.
struct looked_at {
  static constexpr int threads = 2;
  happening it;
  model::plain<int> written{0};

  looked_at() { locking_atomics::held = 0; }
  void thread(int self) {
    if (self == 0) {
      written = 1;
      it.fire();
    } else if (it.has_happened()) {
      model::check(written == 1, "what came before is seen by who looks");
    }
  }
};

/// Two stand in line, and one of them leaves as it is fired. Whoever lets go last, the one who fires or one who was
/// woken, frees the whole.
struct dropped_by_the_last {
  static constexpr int threads = 3;
  struct counted {
    happening it;
    model::atomic<int> holders{3};
    void let_go() {
      if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) model::destroy(this);
    }
  };
  counted* whole = model::make_named<counted>("happening");
  std::array<bed, 2> beds;
  std::array<node*, 2> nodes{};

  dropped_by_the_last() {
    locking_atomics::held = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      nodes[i] = model::make_named<node>("node", beds[i]);
      model::check(whole->it.attach(*nodes[i]), "it has not happened");
    }
  }
  void thread(int self) {
    counted* const c = whole;
    if (self == 0) {
      c->it.fire();
      return c->let_go();
    }
    const auto i = static_cast<std::size_t>(self - 1);
    if (self == 2 || !c->it.detach(*nodes[i])) beds[i].sleep();
    model::destroy(nodes[i]);
    c->let_go();
  }
};

/// More than one hold of the lock takes out: in the order of their coming, each once.
template <std::size_t Waiters>
struct many {
  static constexpr int threads = 1;
  struct numbered final : waiter {
    numbered() : waiter(wake) {}
    static void wake(waiter* w) noexcept {
      auto* const self = static_cast<numbered*>(w);
      model::check(locking_atomics::held == 0, "woken under a lock");
      model::check(self->number == (*self->woken)++, "first come, first served");
    }
    std::size_t number = 0;
    std::size_t* woken = nullptr;
  };
  happening it;
  std::array<numbered, Waiters> all;
  std::size_t woken = 0;

  many() {
    locking_atomics::held = 0;
    for (std::size_t i = 0; i < Waiters; ++i) {
      all[i].number = i;
      all[i].woken = &woken;
      model::check(it.attach(all[i]), "it has not happened");
    }
  }
  void thread(int) {
    numbered another;
    model::check(it.attach(another) && it.detach(another), "who leaves in time does not arrive");
    it.fire();
  }
  void after() { model::check(woken == Waiters, "somebody was not woken"); }
};

}  // namespace waiter_list_model
