#pragma once

#include <magpie/group_state.hpp>
#include <magpie/model/explore.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>

/// Scenes of docs/protocols/task_group.md: the shipped group_state, with what stands around it played by the scene: the
/// awaiter of with_task_group(), its body, the children's tasks, and where they are enqueued.
namespace group_state_model {

namespace model = magpie::model;
using namespace magpie::detail;
using magpie::on_error;

/// What was enqueued, once each.
class engine final : public executor {
 public:
  engine() : executor(reinterpret_cast<magpie::runtime&>(*this), [](std::exception_ptr, std::string_view) {}) {}

  void enqueue(runnable& r, placement) noexcept override {
    model::check(used_ < cells && place_of(r) == used_, "enqueued twice");
    const std::size_t mine = used_++;
    who_[mine] = &r;
    published_[mine].store(true, release);
  }
  /// Waits for it.
  void take(runnable& r) noexcept {
    while (place_of(r) == used_) atomics::pause();
    const std::size_t mine = place_of(r);
    while (!published_[mine].load(acquire)) atomics::pause();
  }
  bool start(runnable&) noexcept override { return false; }
  bool announce() noexcept override { return true; }
  void ended() noexcept override {}
  std::int64_t now() noexcept override { return 0; }
  void arm(timer_node&) override {}
  bool disarm(timer_node&) noexcept override { return true; }
  std::size_t places_held_in(const spawn_owner& group) const noexcept override {
    return held_places::held_in(group, [this](auto f) {
      for (const held_places& each : places) f(each);
    });
  }

  std::span<held_places> places;  // of the workers

 private:
  static constexpr std::size_t cells = 4;
  std::size_t place_of(const runnable& r) const {
    return static_cast<std::size_t>(std::find(who_.begin(), who_.begin() + used_, &r) - who_.begin());
  }

  std::array<atomics::atomic<bool>, cells> published_{};
  // Where to look: the scene's, and no part of what it explores.
  std::array<const runnable*, cells> who_{};
  std::size_t used_ = 0;
};

/// What a scene is made of, beside a thread for the body and one for each child.
struct shape {
  int children = 1;
  bool row = false;    // the body spawns them, and one worker runs all
  bool moves = false;  // the body goes on where no places are held
  std::size_t limit = SIZE_MAX;
  bool fails = false;    // the first child
  bool joins = false;    // the body waits for the children in join()
  bool late = false;     // a thread with a handle joins too, perhaps too late
  bool put_off = false;  // the body is stopped where others refer to its locals
  bool quits = false;    // the body ends itself as cancelled
  bool waits = false;    // the body waits for a stop
  bool cancels = false;  // a thread with a handle
  bool stops = false;    // a thread with a handle stops the scope outside
  bool stopped = false;  // the scope outside was stopped before
  bool spawns = false;   // a thread with a handle, which may come too late
  bool asks = false;     // a thread with a handle takes the group's token
  bool looks = false;    // a thread with a handle asks how many children there are
};

/// The group ends once, with the last of body and children, whoever that is, and nothing touches the awaiter, the scope
/// around it or, when the last handle is gone, the state afterwards (G1, G2).
template <shape Is>
class group_ends {
 public:
  static constexpr int with_handles = Is.cancels + Is.stops + Is.spawns + Is.asks + Is.late + Is.looks;
  static constexpr int with_children = Is.row ? 1 : Is.children;
  static constexpr int threads = 1 + Is.moves + with_children + with_handles;

  group_ends() {
    gather_atomics::put_back = nullptr;
    std::construct_at(&stop_epoch, scope::never_looked + 1);
    outer_ = model::make_named<outside>("outside");
    awaiter_ = model::make_named<awaiter>("awaiter", *this);
    group_ = awaiter_->group;
    if (Is.stopped) outer_->request_stop();
    where_.places = places_;
    of_another_.allow(true);
    static_cast<void>(of_another_.open(elsewhere_));
    of_another_.reserve(6);
    for (held_places& each : places_) {
      each.allow(true);
      leave_counts_behind(each);
      each.allow(Is.row || Is.moves);
    }
    state().open(*outer_, where_, body_end_, places_[0]);
    model::check(state().cancelled() == Is.stopped, "a group that opens under a stop says so");
    if (!Is.row) {
      for (int i = 0; i < Is.children; ++i)
        model::check(state().admit(where_, nullptr), "an open group takes children");
      for (child& each : children_) state().start_child(where_, each);
    }
    for (int i = 0; i < with_handles; ++i) state().add_reference();
    if (Is.stops) outer_->at_work.fetch_add(1, relaxed);
  }

  void thread(int self) {
    if (self == 0) return body();
    int which = self - 1;
    if (Is.moves && which-- == 0) return give_back(places_[0]);
    if (Is.row && which == 0) return run_all(places_[1]);
    if (which < with_children) return run(children_[static_cast<std::size_t>(which)], which == 0 && Is.fails);
    which -= with_children;
    if (Is.cancels && which-- == 0) return cancel();
    if (Is.stops && which-- == 0) {
      before_ = 1;
      outer_->request_stop();
      if (state().active() != 0) model::check(state().cancelled(), "a stop from outside reaches a group that is open");
      state().drop_reference();
      return outer_->let_go();
    }
    if (Is.spawns && which-- == 0) return spawn();
    if (Is.late && which-- == 0) return join_late();
    if (Is.asks && which-- == 0) return ask();
    if (Is.looks) look();
  }
  void after() {
    model::check(finished_ == 1, "the group did not end once");
    if (token_ != nullptr) {
      model::check(!(cancelled_in_time_ && asked_in_time_) || token_->stopped(), "a token knows of its group's stop");
      token_->drop_reference();
    }
  }

 private:
  /// The scope around the group: it ends with the awaiter, unless somebody is about to stop it.
  struct outside : scope {
    atomics::atomic<int> at_work{1};
    void let_go() {
      if (at_work.fetch_sub(1, acq_rel) != 1) return;
      if ((marks() & linked) != 0) leave();
      model::destroy(this);
    }
  };
  struct awaiter {
    explicit awaiter(group_ends& s) : whole(s), group(new group_state(Is.limit, on_error::cancel_rest, "")) {}
    group_ends& whole;
    group_state* const group;
    model::plain<int> result{0};
  };
  struct child : runnable {
    model::plain<int> touched{0};
  };
  struct joiner final : group_joiner {
    joiner() : group_joiner(nullptr) {}
  };

  group_state& state() { return *group_; }
  held_places& of_body() { return Is.moves ? of_another_ : places_[0]; }

  /// What a worker that held places in another group has in its word.
  void leave_counts_behind(held_places& places) {
    static_cast<void>(places.open(elsewhere_));
    places.reserve(6);
    for (int i = 0; i < 2; ++i) static_cast<void>(places.keep_one(elsewhere_));
    static_cast<void>(places.release_all(elsewhere_));
  }
  /// As a worker when no child of the group comes next.
  void give_back(held_places& places) {
    if (places.of() == nullptr) return;
    model::check(places.of() == group_, "places are held in this group");
    const verdict next = state().give_back(where_, places);
    model::check(places.of() == nullptr, "what was given back is held no more");
    act_on(next);
  }
  void give_back_of_body() {
    if (!Is.moves) give_back(places_[0]);
  }

  // The body ----------------------------------------------------------------------------------------------------------

  void body() {
    awaiter_->result = 1;
    if (Is.waits)
      while (!state().cancelled()) atomics::pause();
    if (Is.row) {
      for (child& each : children_) {
        model::check(state().admit(where_, &of_body()), "an open group takes children");
        state().start_child(where_, each);
      }
    }
    if (Is.joins) stop_state::of(state().body)->drop_reference();  // it lasts as long as the body's scope
    if (Is.joins) join();
    if (!Is.put_off) return end_body(Is.quits ? ending::cancelled : ending::value);
    state().within.request_stop();
    if (state().body.put_off(&state().body, stopped_)) return give_back_of_body();  // a child will say when
    end_body(ending::cancelled);
  }
  void join() {
    auto* const j = model::make_named<joiner>("joiner");
    const auto how = state().wait_for_children(*j, of_body());
    model::check(how != group_state::joining::has_ended, "a group has not ended before its body");
    give_back_of_body();
    if (how == group_state::joining::waits) where_.take(*j);
    if (!Is.spawns) model::check(alive_ == 0, "join() waits for all");
    model::destroy(j);
  }
  /// group_awaiter::body_ended().
  void end_body(ending how) {
    if (how == ending::cancelled) state().body_quits();
    awaiter* const a = awaiter_;
    if (state().body_ended({}, all_ended, a, of_body())) {
      all_ended(a);
    } else {
      give_back_of_body();
    }
  }
  /// group_awaiter::all_ended(), and what the awaiter leads to.
  static verdict all_ended(void* it) noexcept {
    auto* const a = static_cast<awaiter*>(it);
    group_ends& s = a->whole;
    model::check(++s.finished_ == 1, "the group ended twice");
    model::check(s.alive_ == 0, "a child outlives its group");
    model::check(a->result == 1, "the body has ended");
    model::check(a->group->errors().size() == (Is.fails ? 1u : 0u), "no error is lost");
    if (!Is.stops) model::check(a->group->was_cut_short() == Is.stopped, "it is known who was stopped from outside");
    if (Is.fails || (Is.quits && Is.children > 0)) model::check(a->group->cancelled(), "a failure stops the rest");
    a->group->drop_reference();
    model::destroy(a);
    s.outer_->let_go();
    return {std::noop_coroutine()};
  }

  // Others ------------------------------------------------------------------------------------------------------------

  /// A child's task: it runs once it was enqueued, in the order that the group wants, and then ends.
  void run(child& c, bool fails) {
    where_.take(c);
    c.touched = 1;
    if (Is.limit == 1) model::check(++running_ == 1, "more children run than the limit allows");
    if (knows_who_stops && state().cancelled()) model::check(before_ == 1, "what came before the stop is seen");
    const bool stopped = state().within.stop_requested();
    held_places& places = Is.row ? places_[1] : of_another_;
    end_child(fails ? ending::error : stopped ? ending::cancelled : ending::value, places);
  }
  /// One after the other, as siblings in the queue of one worker.
  void run_all(held_places& places) {
    for (child& each : children_) {
      run(each, &each == &children_[0] && Is.fails);
      ended_.fetch_add(1, release);
    }
    give_back(places);
  }
  void end_child(ending how, held_places& places) {
    std::exception_ptr error;
    if (how == ending::error) error = std::make_exception_ptr(1);
    --alive_;
    if (Is.limit == 1) --running_;
    if (how == ending::value && state().lends_places && places.keep_one(state())) return;
    act_on(state().child_ended(where_, how, std::move(error), places));
  }
  void act_on(const verdict& next) {
    if (next.cancel == nullptr) return;
    model::check(Is.put_off && next.cancel == &stopped_, "the body that was put off is stopped");
    end_body(ending::cancelled);
  }
  void cancel() {
    before_ = 1;
    const bool ended = finished_ == 1;
    state().cancel();
    if (ended && knows_who_stops)
      model::check(!state().cancelled(), "a group that has ended is not cancelled any more");
    if (state().active() != 0) {
      model::check(state().cancelled(), "a group that is open can be cancelled");
      cancelled_in_time_ = true;
    }
    state().drop_reference();
  }
  void spawn() {
    if (state().admit(where_, &of_another_)) {
      ++alive_;
      model::check(finished_ == 0, "a group that has ended takes no child");
      child late;
      state().start_child(where_, late);
      where_.take(late);
      if (Is.limit == 1) model::check(++running_ == 1, "more children run than the limit allows");
      end_child(ending::value, of_another_);
    }
    state().drop_reference();
  }
  void look() {
    const int ended = ended_.load(acquire);
    model::check(state().active() <= static_cast<std::size_t>(Is.children - ended), "held places are no children");
    state().drop_reference();
  }
  void join_late() {
    auto* const j = model::make_named<joiner>("joiner");
    const bool ended = finished_ == 1;
    const auto how = state().wait_for_children(*j, of_another_);
    if (ended) model::check(how == group_state::joining::has_ended, "who joins a group that has ended is told so");
    if (how == group_state::joining::waits) where_.take(*j);
    model::check(alive_ == 0, "join() waits for all");
    model::destroy(j);
    state().drop_reference();
  }
  void ask() {
    token_ = state().token();
    asked_in_time_ = state().active() != 0;
    state().drop_reference();
  }

  static constexpr bool knows_who_stops = Is.cancels != Is.stops && !(Is.fails || Is.quits || Is.stopped || Is.put_off);

  engine where_;
  std::array<held_places, 2> places_;  // of the worker of the body, and of the one that runs the children
  struct another_group final : spawn_owner {
    another_group() : spawn_owner({}, true) {}
    bool admit(executor&, held_places*) noexcept override { return false; }
    void start_child(executor&, runnable&) noexcept override {}
    verdict child_ended(executor&, ending, std::exception_ptr, held_places&) noexcept override { return {}; }
    verdict give_back(executor&, held_places&) noexcept override { return {}; }
  } elsewhere_;
  held_places of_another_;  // of a worker that has nothing to do with the group but a handle to it
  outside* outer_ = nullptr;
  awaiter* awaiter_ = nullptr;
  group_state* group_ = nullptr;
  std::array<child, Is.children> children_;
  struct end_of_body : boundary_join {
    end_of_body() : boundary_join(nullptr) {}
  } body_end_;
  promise_base stopped_{};
  model::plain<int> before_{0};
  stop_state* token_ = nullptr;
  bool cancelled_in_time_ = false;
  bool asked_in_time_ = false;
  atomics::atomic<int> ended_{0};  // as one knows who has heard of it
  int alive_ = Is.children;
  int running_ = 0;
  int finished_ = 0;
};

}  // namespace group_state_model
