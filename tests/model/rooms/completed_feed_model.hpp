#pragma once

#include <magpie/as_completed.hpp>
#include <magpie/clock.hpp>

#include "waiting_tasks.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <utility>

/// Scenes of docs/protocols/completed_feed.md: the shipped as_completed(), handles and ends of spawned tasks. The one
/// who takes is a task; those that are waited for have no body: a thread puts the result where it belongs and calls
/// what a worker calls at a task's end. Feed and tasks live on the model's heap, so whoever comes late finds them gone.
namespace completed_feed_model {

using namespace waiting_tasks;
using magpie::join_handle;

inline constexpr std::int64_t soon = 1;  // the deadline; the scene's clock stands at 0 but for who fires
inline constexpr magpie::clock::time_point at_soon{magpie::clock::duration(soon)};

/// A result, which is counted while it is somewhere.
class parcel {
 public:
  explicit parcel(int number) : number_(number) { ++alive; }
  parcel(parcel&& other) noexcept : number_(other.number_) { ++alive; }
  parcel& operator=(parcel&&) = delete;
  ~parcel() { --alive; }
  int number() const { return number_; }

  static inline int alive = 0;

 private:
  model::plain<int> number_;
};

/// Who takes from the feed, and what happens meanwhile.
struct shape {
  int tasks = 1;
  int enders = 1;          // threads; they end the tasks by turns
  int workers = 1;         // who runs the one who takes
  int stops = 0;           // whether that one is stopped
  bool timed = false;      // it first asks with a deadline, which a thread lets pass
  bool starved = false;    // no task ends before that
  int takes = 99;          // so many, then the stream goes
  bool uses_them = false;  // before that, it takes the results of those that have ended by their handles
  bool replaces = false;   // and puts another task in the place of each
};

/// Each end is given once, with the result behind it, or is found by its handle when the stream has gone; whatever
/// comes first of ends, stop, deadline, and the stream's going (A1 to A4).
template <shape Is>
class takes_what_ends : public cast<1, Is.workers, Is.stops, Is.enders + (Is.timed ? 1 : 0)> {
 public:
  static constexpr bool others_are_workers = true;

  explicit takes_what_ends(engine& home) : home_(home) {
    parcel::alive = 0;
    for (std::size_t i = 0; i < n; ++i) {
      tasks_[i] = new spawned<parcel>(home, {}, magpie::priority::normal);
      handles_[i] = make_handle(tasks_[i]);
    }
  }
  task<> root(int) { return takes(*this); }
  void outside(int which) {
    if (which == Is.enders) {
      while (!over_ && !home_.fire_due(soon)) atomics::pause();
      return;
    }
    while (Is.starved && asked_in_vain_.load(acquire) == 0) atomics::pause();
    for (std::size_t i = static_cast<std::size_t>(which); i < n; i += Is.enders) end(i);
  }
  void after(const outcomes<1>& how) {
    model::check(given_ <= Is.tasks, "each is given once");
    if (how[0] == outcome::ended && Is.takes > Is.tasks && !Is.uses_them)
      model::check(given_ == Is.tasks, "all are given");
    model::check(!Is.starved || how[0] == outcome::cancelled || in_vain_, "the deadline passed");
    model::check(parcel::alive == 0, "results are destroyed once each");
  }

 private:
  static constexpr auto n = static_cast<std::size_t>(Is.tasks);

  /// What a worker does when the task of `i` has ended. The handle may be gone.
  void end(std::size_t i) {
    spawned<parcel>* const s = tasks_[i];
    s->result.fill(parcel(static_cast<int>(i)));
    s->ended(s);
  }
  /// The stream has gone, in one way or another: the handles are as good as ever, and what was not given is not lost.
  struct at_last {
    explicit at_last(takes_what_ends& s) : whole(s) {}
    at_last(const at_last&) = delete;
    ~at_last() {
      for (join_handle<parcel>& h : whole.handles_) h = {};
      whole.over_ = true;
      whole.asked_in_vain_.store(1, release);
    }
    takes_what_ends& whole;
  };

  void got(join_handle<parcel>& h) {
    model::check(h.ready(), "what is given has ended");
    const auto i = static_cast<std::size_t>(&h - handles_.data());
    const parcel p = h.get();
    model::check(p.number() == static_cast<int>(i), "the result of a task is its own");
    if (Is.enders == 1 && !Is.uses_them) model::check(static_cast<int>(i) == given_, "in the order of their ends");
    ++given_;
  }
  void use_those_that_have_ended() {
    for (std::size_t i = 0; i < n; ++i) {
      if (!handles_[i].ready()) continue;
      got(handles_[i]);
      if (!Is.replaces) continue;
      auto* const other = new spawned<parcel>(home_, {}, magpie::priority::normal);
      other->result.fill(parcel(0));
      other->ended(other);
      handles_[i] = make_handle(other);
    }
  }

  static task<> takes(takes_what_ends& s) {
    const at_last then(s);
    auto stream = magpie::as_completed(std::span(s.handles_));
    if (Is.timed) {
      join_handle<parcel>* const first = co_await stream.next_until(at_soon);
      if (first != nullptr) {
        s.got(*first);
      } else {
        s.in_vain_ = true;
        s.asked_in_vain_.store(1, release);
      }
    }
    while (s.given_ < Is.takes) {
      join_handle<parcel>* const h = co_await stream.next();
      if (h == nullptr) {
        model::check(stream.remaining() == 0, "the end of the stream comes after all");
        break;
      }
      s.got(*h);
      model::check(stream.remaining() == n - static_cast<std::size_t>(s.given_), "what was not given remains");
    }
    if (Is.uses_them) s.use_those_that_have_ended();
  }

  engine& home_;
  std::array<spawned<parcel>*, n> tasks_;
  std::array<join_handle<parcel>, n> handles_;
  atomics::atomic<int> asked_in_vain_{0};
  bool in_vain_ = false;
  bool over_ = false;
  int given_ = 0;
};

}  // namespace completed_feed_model
