#pragma once

#include <magpie/coroutine/executor.hpp>
#include <magpie/lockfree/timer_heap.hpp>
#include <magpie/model/explore.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

/// Where the tasks of a scene are enqueued and its timers armed, for scenes that run magpie's own coroutines.
namespace rooms {

namespace model = magpie::model;
namespace detail = magpie::detail;

/// Room for `Cells` runnable tasks at a time, and timers that fire when a thread of the scene says so.
template <std::size_t Cells>
class scene_engine final : public detail::executor {
 public:
  scene_engine() : executor(reinterpret_cast<magpie::runtime&>(*this), [](std::exception_ptr, std::string_view) {}) {}

  void enqueue(detail::runnable& r, detail::placement) noexcept override {
    for (auto& each : queue_) {
      detail::runnable* none = nullptr;
      if (each.compare_exchange_strong(none, &r, detail::release, detail::relaxed)) {
        ++runnable_;
        return;
      }
    }
    model::check(false, "more runnable tasks than the scene has cells");
  }
  bool start(detail::runnable&) noexcept override { return false; }
  bool announce() noexcept override { return false; }
  void ended() noexcept override {}
  std::int64_t now() noexcept override { return 0; }
  void arm(detail::timer_node& t) override {
    static_cast<void>(timers_.arm(t));
    has_timers_ = true;
  }
  bool disarm(detail::timer_node& t) noexcept override { return timers_.disarm(t); }

  detail::runnable* take() noexcept {
    if (runnable_ == 0) return nullptr;
    for (auto& each : queue_) {
      if (detail::runnable* r = each.exchange(nullptr, detail::acquire)) {
        --runnable_;
        return r;
      }
    }
    return nullptr;
  }
  /// timer_service::fire_due(). True: there was something.
  bool fire_due(std::int64_t now) {
    if (!has_timers_) return false;
    detail::intrusive_list<detail::timer_node> due;
    timers_.take_due(now, 64, due);
    const bool some = !due.empty();
    while (detail::timer_node* const t = due.pop_front()) t->timer_fired();
    return some;
  }

 private:
  std::array<detail::atomics::atomic<detail::runnable*>, Cells> queue_{};
  detail::timer_heap<> timers_;
  // When it is of use to look: the scene's, and no part of the protocol. Else each round of an idle thread were a step.
  int runnable_ = 0;
  bool has_timers_ = false;
};

}  // namespace rooms
