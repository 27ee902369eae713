#pragma once

#include <magpie/coroutine/stop_state.hpp>
#include <magpie/model/explore.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

/// Scenes of docs/protocols/stop_tree.md, K1 to K3: what tokens, sources and callbacks share.
namespace stop_state_model {

namespace model = magpie::model;
using namespace magpie::detail;

/// A callback, in a frame of its own. What happens in its call is up to the scene.
class listener : public stop_listener {
 public:
  explicit listener(int& calls) : calls_(calls) {}
  void stop_requested() noexcept override {
    model::check(++calls_ == 1, "called twice");
    touched = 1;
    in_the_call();
  }
  virtual void in_the_call() noexcept {}

  model::plain<int> touched{0};

 protected:
  ~listener() = default;

 private:
  int& calls_;
};
struct plain_listener final : listener {
  using listener::listener;
  ~plain_listener() = default;
};

/// `Requests` request a stop; each of `Listeners` adds a callback and takes it away again, as stop_callback does, or
/// leaves it there until all is over. Its frame is gone as soon as remove() returns (K3); the state with its last user
/// (K2).
template <int Requests, int Listeners, bool Removes>
struct requested_beside_listeners {
  static constexpr int threads = Requests + Listeners;

  stop_state* state = new stop_state(1);
  std::array<plain_listener*, Listeners> all{};
  std::array<int, Listeners> calls{};
  std::array<int, Listeners> refusals{};
  model::plain<int> before{0};
  int firsts = 0;

  requested_beside_listeners() {
    gather_atomics::put_back = nullptr;
    for (int i = 1; i < threads; ++i) state->add_reference();
  }
  void thread(int self) {
    if (self < Requests) {
      if (Requests == 1) before = 1;
      if (state->request()) ++firsts;
      model::check(state->stopped(), "who has requested a stop finds it");
      if (!Removes && self == 0) return;
      return state->drop_reference();
    }
    const auto i = static_cast<std::size_t>(self - Requests);
    plain_listener* const l = model::make_named<plain_listener>("listener", calls[i]);
    l->touched = 0;
    if (!state->add(*l)) ++refusals[i];
    if (state->stopped() && Requests == 1) model::check(before == 1, "what came before the request is seen (K1)");
    all[i] = l;
    if (!Removes) return state->drop_reference();
    state->remove(*l);
    const int by_now = calls[i];
    model::destroy(l);
    model::check(by_now == calls[i], "called after its removal");
    state->drop_reference();
  }
  void after() {
    model::check(firsts == 1, "one request is the first");
    for (std::size_t i = 0; i < Listeners; ++i) {
      const int heard = calls[i] + refusals[i];
      model::check(Removes ? heard <= 1 : heard == 1, "a callback is called or refused, once");
      if (!Removes) {
        state->remove(*all[i]);
        model::destroy(all[i]);
      }
    }
    if (!Removes) state->drop_reference();
  }
};

enum class whom : std::uint8_t { itself, the_next, the_one_before };

/// A callback takes another one away in its call, or itself; meanwhile somebody else adds one and takes it away.
template <whom Removed>
struct removes_in_its_call {
  static constexpr int threads = 2;

  struct one final : listener {
    one(int& calls, removes_in_its_call& s) : listener(calls), whole(s) {}
    ~one() = default;
    void in_the_call() noexcept override {
      if (Removed == whom::the_one_before && this == whole.there[0]) return;
      one*& it = whole.there[Removed == whom::the_next ? 1 : 0];
      model::check(it != nullptr, "called though it was removed");
      one* const gone = it;
      it = nullptr;
      whole.state->remove(*gone);
      model::destroy(gone);  // maybe *this
    }
    removes_in_its_call& whole;
  };

  stop_state* state = new stop_state(1);
  std::array<int, 3> calls{};
  std::array<one*, 2> there{};

  removes_in_its_call() {
    gather_atomics::put_back = nullptr;
    state->add_reference();
    for (std::size_t i = 0; i < (Removed == whom::itself ? 1 : 2); ++i) {
      there[i] = model::make_named<one>("listener", calls[i], *this);
      model::check(state->add(*there[i]), "nobody has asked for a stop");
    }
  }
  void thread(int self) {
    if (self == 0) {
      model::check(state->request(), "the only request");
    } else {
      auto* const mine = model::make_named<plain_listener>("listener", calls[2]);
      static_cast<void>(state->add(*mine));
      state->remove(*mine);
      model::destroy(mine);
    }
    state->drop_reference();
  }
  void after() {
    model::check(calls[0] == 1 && calls[1] == (Removed == whom::the_one_before ? 1 : 0),
                 "each that is there is called");
    for (one* each : there) model::destroy(each);
  }
};

/// A callback is taken away on one thread, while the next one in line waits for that: remove() waits for its own only.
struct removed_while_the_next_waits {
  static constexpr int threads = 2;

  struct waiting final : listener {
    waiting(int& calls, removed_while_the_next_waits& s) : listener(calls), whole(s) {}
    ~waiting() = default;
    void in_the_call() noexcept override {
      while (!whole.removed.load(relaxed)) atomics::pause();
    }
    removed_while_the_next_waits& whole;
  };

  stop_state* state = new stop_state(1);
  std::array<int, 2> calls{};
  atomics::atomic<bool> removed{false};
  plain_listener first{calls[0]};
  waiting next{calls[1], *this};

  removed_while_the_next_waits() {
    gather_atomics::put_back = nullptr;
    model::check(state->add(first) && state->add(next), "nobody has asked for a stop");
  }
  void thread(int self) {
    if (self == 0) return static_cast<void>(state->request());
    state->remove(first);
    removed.store(true, relaxed);
  }
  void after() {
    model::check(calls[1] == 1, "the other one is called");
    state->remove(next);
    state->drop_reference();
  }
};

/// The state of a scope: `Tasks` ask for it and the scope ends, while somebody stops it. The states outlive it.
template <int Tasks>
struct of_a_scope {
  static constexpr int threads = 1 + Tasks;

  struct living : scope {
    atomics::atomic<int> at_work{1 + Tasks};
    void let_go() {
      if (at_work.fetch_sub(1, acq_rel) != 1) return;
      if ((marks() & linked) != 0) leave();
      model::destroy(this);
    }
  };
  living* it = nullptr;
  std::array<stop_state*, Tasks> states{};

  of_a_scope() {
    gather_atomics::put_back = nullptr;
    std::construct_at(&stop_epoch, scope::never_looked + 1);
    it = model::make_named<living>("scope");
  }
  void thread(int self) {
    if (self == 0) {
      it->request_stop();
    } else {
      stop_state*& mine = states[static_cast<std::size_t>(self - 1)];
      mine = stop_state::of(*it);
      if (mine->stopped()) model::check(it->stop_requested(), "what a token says, its scope says too");
    }
    it->let_go();
  }
  void after() {
    for (stop_state* each : states) {
      model::check(each == states[0], "a scope has one state");
      model::check(each->stopped(), "the stop of a scope is its state's");
    }
    for (stop_state* each : states) each->drop_reference();
  }
};

/// A scope ends that nobody stops: its state says that no stop is possible any more.
struct its_scope_ends {
  static constexpr int threads = 1;
  void thread(int) {
    gather_atomics::put_back = nullptr;
    auto* const s = model::make_named<scope>("scope");
    stop_state* const mine = stop_state::of(*s);
    model::check(mine->stop_possible(), "its scope may be stopped");
    s->leave();
    model::destroy(s);
    model::check(!mine->stop_possible() && !mine->stopped(), "nobody can stop it any more");
    mine->drop_reference();
  }
};

}  // namespace stop_state_model
