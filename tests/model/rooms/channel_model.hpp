#pragma once

#include <magpie/channel.hpp>

#include "waiting_tasks.hpp"

#include <memory>
#include <optional>

/// Scenes of docs/protocols/sync.md for channels. Items live on the model's heap: one that is lost is a leak, one that
/// is delivered twice a use after free.
namespace channel_model {

using namespace waiting_tasks;

/// A value that is counted while it is somewhere.
class parcel {
 public:
  explicit parcel(int number) : number_(number) { ++alive; }
  parcel(parcel&& other) noexcept : number_(other.number_) { ++alive; }
  parcel& operator=(parcel&& other) noexcept {
    number_ = other.number_;
    return *this;
  }
  ~parcel() { --alive; }
  int number() const { return number_; }

  static inline int alive = 0;

 private:
  model::plain<int> number_;
};

using parcels = magpie::channel<parcel>;

/// Task 0 sends, task 1 receives; the first `Stops` of them are stopped, and a thread may close the channel. The other
/// side must be let go in the end: so who ends closes it.
template <std::size_t Capacity, int Workers, int Stops, bool Closes>
struct one_value : cast<2, Workers, Stops, Closes ? 1 : 0> {
  parcels way{Capacity};
  bool sent = false;
  bool refused = false;
  bool received = false;

  one_value() { parcel::alive = 0; }
  task<> root(int which) {
    if (which == 0) return sends(*this);
    return receives(*this);
  }
  void outside(int) { way.close(); }
  void after(const outcomes<2>& how) {
    model::check(!received || sent || how[0] == outcome::running, "what was received has been sent");
    model::check((how[0] == outcome::ended) == (sent || refused), "a sender that was stopped has sent nothing");
    model::check(way.size() == (sent && !received ? 1u : 0u), "a value is received, or still there");
    if (Stops == 0 && !Closes) model::check(sent && received, "the value came through");
    model::check(parcel::alive == static_cast<int>(way.size()), "values are destroyed once each");
  }

 private:
  // Whatever becomes of one side, the other one is not left waiting.
  struct closes_at_last {
    parcels& way;
    bool armed = false;
    explicit closes_at_last(parcels& w, bool a) : way(w), armed(a) {}
    closes_at_last(const closes_at_last&) = delete;
    ~closes_at_last() {
      if (armed) way.close();
    }
  };
  static task<> sends(one_value& s) {
    const closes_at_last then(s.way, Stops > 0);
    try {
      co_await s.way.send(parcel(7));
      s.sent = true;
    } catch (const magpie::channel_closed&) {
      s.refused = true;
    }
  }
  static task<> receives(one_value& s) {
    const closes_at_last then(s.way, Stops > 1);
    std::optional<parcel> got = co_await s.way.receive();
    if (!got) co_return;
    model::check(got->number() == 7, "the value is what was sent");
    s.received = true;
  }
};

/// Two values in order, through a channel with room for fewer.
template <std::size_t Capacity, int Workers>
struct in_order : cast<2, Workers, 0, 0> {
  parcels way{Capacity};
  int received = 0;

  in_order() { parcel::alive = 0; }
  task<> root(int which) {
    if (which == 0) return sends(*this);
    return receives(*this);
  }
  void after(const outcomes<2>&) { model::check(received == 2 && parcel::alive == 0, "all came through"); }

  static task<> sends(in_order& s) {
    co_await s.way.send(parcel(1));
    co_await s.way.send(parcel(2));
    s.way.close();
  }
  static task<> receives(in_order& s) {
    for (;;) {
      std::optional<parcel> got = co_await s.way.receive();
      if (!got) co_return;
      model::check(got->number() == ++s.received, "values come in order");
    }
  }
};

/// Two senders wait for room, the first is perhaps stopped; a thread takes what there is, without waiting.
template <int Stops>
struct two_senders : cast<2, 1, Stops, 1> {
  parcels way{1};
  int sent = 0;
  int refused = 0;
  int received = 0;

  two_senders() {
    parcel::alive = 0;
    model::check(way.try_send(parcel(0)), "there is room");
  }
  task<> root(int which) { return sends(*this, which); }
  void outside(int) {
    model::check(way.size() <= way.capacity(), "no more than there is room for");
    for (int last = 0; received < 2; ++received) {
      std::optional<parcel> got = way.try_receive();
      if (!got) break;
      model::check(received == 0 ? got->number() == 0 : got->number() > last, "first in, first out");
      last = got->number();
    }
    way.close();  // else who comes late would wait for ever
  }
  void after(const outcomes<2>& how) {
    int ended = 0;
    for (outcome each : how) ended += each == outcome::ended ? 1 : 0;
    model::check(sent + refused == ended, "a sender that was stopped has sent nothing");
    model::check(static_cast<int>(way.size()) == 1 + sent - received, "a value is received, or still there");
    model::check(parcel::alive == static_cast<int>(way.size()), "values are destroyed once each");
  }

  static task<> sends(two_senders& s, int which) {
    try {
      co_await s.way.send(parcel(1 + which));
      ++s.sent;
    } catch (const magpie::channel_closed&) {
      ++s.refused;
    }
  }
};

/// Two receivers wait, the first is perhaps stopped; a thread sends without waiting, and closes.
template <int Stops, std::size_t Capacity>
struct two_receivers : cast<2, 1, Stops, 1> {
  parcels way{Capacity};
  bool accepted = false;
  int received = 0;
  int empty_handed = 0;

  two_receivers() { parcel::alive = 0; }
  task<> root(int) { return receives(*this); }
  void outside(int) {
    accepted = way.try_send(parcel(5));
    way.close();
  }
  void after(const outcomes<2>& how) {
    int ended = 0;
    for (outcome each : how) ended += each == outcome::ended ? 1 : 0;
    model::check(received + empty_handed == ended, "a receiver that was stopped has received nothing");
    model::check(received + static_cast<int>(way.size()) == (accepted ? 1 : 0), "a value is received, or still there");
    model::check(Stops > 0 || Capacity == 0 || received == 1, "who waits gets it");
    model::check(parcel::alive == static_cast<int>(way.size()), "values are destroyed once each");
  }

  static task<> receives(two_receivers& s) {
    std::optional<parcel> got = co_await s.way.receive();
    if (got) model::check(got->number() == 5, "the value is what was sent");
    ++(got ? s.received : s.empty_handed);
  }
};

/// Who receives the last value destroys the channel; the thread that sent it touches it no more (Y2).
struct destroyed_by_who_received : cast<1, 1, 0, 1> {
  parcels* way = model::make_named<parcels>("channel", std::size_t{1});

  destroyed_by_who_received() { parcel::alive = 0; }
  task<> root(int) { return receives(*this); }
  void outside(int) { model::check(way->try_send(parcel(1)), "there is room"); }
  void after(const outcomes<1>&) { model::check(parcel::alive == 0, "values are destroyed once each"); }

  static task<> receives(destroyed_by_who_received& s) {
    std::optional<parcel> got = co_await s.way->receive();
    model::check(got.has_value(), "a value came");
    model::destroy(s.way);
  }
};

/// As above, by who is told that it was closed.
struct destroyed_by_who_saw_it_closed : cast<1, 1, 0, 1> {
  parcels* way = model::make_named<parcels>("channel", std::size_t{0});

  task<> root(int) { return receives(*this); }
  void outside(int) { way->close(); }
  void after(const outcomes<1>&) {}

  static task<> receives(destroyed_by_who_saw_it_closed& s) {
    std::optional<parcel> got = co_await s.way->receive();
    model::check(!got.has_value(), "nothing was sent");
    model::destroy(s.way);
  }
};

}  // namespace channel_model
