#pragma once

#include <magpie/model/explore.hpp>

#include "blocking_threads.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

/// Scenes of docs/protocols/blocking_threads.md: the shipped threads for calls that block. Workers hand calls over;
/// when all have returned, the first of them ends the threads, and then they are gone. A call is gone when it has run.
namespace blocking_threads_model {

namespace model = magpie::model;
using namespace magpie::detail;

struct shape {
  int calls = 1;
  int workers = 1;  // who hand them over, by turns
  unsigned most = 2;
  int can_start = 99;          // so many threads can be started; each call starts one at most
  int fail = 0;                // so many starts fail before that
  bool meet = false;           // each call waits for all the others, so each needs a thread
  bool first_alone = false;    // but the first, which has returned before another is handed over
  bool patient = false;        // no thread leaves for having nothing to do: what is promised without the help of time
  bool one_at_a_time = false;  // a worker hands the next over when the last has returned
};

template <shape Is>
class calls_are_run {
 public:
  static constexpr int threads = Is.workers + Is.calls;

  calls_are_run() {
    gather_atomics::put_back = nullptr;
    modelled_threads::condition::time_passes = !Is.patient;
    for (int i = 0; i < Is.calls; ++i)
      calls_[static_cast<std::size_t>(i)] = model::make_named<handed_call>("call", *this, i);
  }

  void thread(int self) {
    if (self >= Is.workers) return crew_.serve(static_cast<std::size_t>(self - Is.workers));
    for (int i = self; i < Is.calls; i += Is.workers) {
      hand_over(calls_[static_cast<std::size_t>(i)]);
      if (Is.one_at_a_time || (Is.first_alone && i == 0)) wait_for(returned_, i + 1);
    }
    if (self != 0) return count(through_);
    wait_for(returned_, Is.calls);
    wait_for(through_, Is.workers - 1);
    std::destroy_at(room_);  // not model::destroy(), which frees first: this one takes the lock
    model::engine::get().release(room_);
    crew_.dismiss();
  }
  void after() {
    model::check(ran_ + refused_ == Is.calls, "each call is run once");
    const int most = Is.patient && Is.can_start > 0 ? Is.fail : Is.fail + std::max(0, Is.calls - Is.can_start);
    model::check(refused_ <= most, "a call is refused if there is no thread and none can be started");
    model::check(Is.can_start > 0 || ran_ == 0, "no call is run where there is no thread");
  }

 private:
  struct handed_call : blocking_call {
    handed_call(calls_are_run& s, int i) : blocking_call(go), whole(s), number(i) {}
    calls_are_run& whole;
    const int number;
    model::plain<int> handed{0};
  };
  using counter = model::atomic<std::uint32_t>;

  static void count(counter& c) {
    const gather_atomics::step here;
    c.fetch_add(1, release);
    model::futex::wake_all(c);
  }
  static void wait_for(counter& c, int target) {
    const gather_atomics::step here;
    for (std::uint32_t now = c.load(acquire); now < static_cast<std::uint32_t>(target); now = c.load(acquire)) {
      model::futex::wait(c, now);
    }
  }

  void hand_over(handed_call* e) {
    e->handed = 1;
    try {
      room_->call(*e);
    } catch (const std::system_error&) {
      ++refused_;
      model::destroy(e);
      count(returned_);
    }
  }
  static void go(blocking_call* c) noexcept {
    auto* const e = static_cast<handed_call*>(c);
    calls_are_run& s = e->whole;
    model::check(e->handed == 1, "what the worker wrote is seen");
    model::check(++s.inside_ <= static_cast<int>(Is.most), "no more at a time than the cap allows");
    if (Is.most == 1 && Is.workers == 1) model::check(e->number == s.ran_, "first come, first served");
    if (Is.meet && !(Is.first_alone && e->number == 0)) {
      count(s.met_);
      wait_for(s.met_, Is.calls - (Is.first_alone ? 1 : 0));
    }
    static_cast<void>(s.met_.load(relaxed));  // a step, so that others may come in
    --s.inside_;
    ++s.ran_;
    model::destroy(e);
    count(s.returned_);
  }

  const std::string name_;
  modelled_threads::crew<Is.calls> crew_{Is.fail, Is.can_start};
  blocking_threads* room_ = model::make_named<blocking_threads>("threads", Is.most, name_);
  std::array<handed_call*, Is.calls> calls_;
  counter met_{0};
  counter returned_{0};
  counter through_{0};
  // The scene's account.
  int inside_ = 0;
  int ran_ = 0;
  int refused_ = 0;
};

}  // namespace blocking_threads_model
