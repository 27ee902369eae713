#pragma once

#include <magpie/base/config.hpp>
#include <magpie/coroutine/awaitable.hpp>
#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/coroutine/blocked_task.hpp>
#include <magpie/coroutine/waiter_list.hpp>

#include <coroutine>
#include <cstdint>

namespace magpie::detail {

/// co_await of something that happens once, by one of many.
class MAGPIE_EXPORT happening_wait : public native_awaiter, private happening::waiter, private blocked_task {
 public:
  bool await_ready() {
    once_.begin();
    return awaited_.has_happened();
  }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
    return suspend(h, 1);
  }

 protected:
  /// `what`: as dump() says it.
  happening_wait(happening& awaited, const char* what) noexcept
      : basic_waiter(on_arrival), awaited_(awaited), what_(what) {}
  ~happening_wait() = default;

  void attach() noexcept override;
  using blocked_task::refuse;
  using blocked_task::rethrow_refusal;
  using blocked_task::task;

 private:
  std::uint32_t detach() noexcept override;
  bool obtained() noexcept override { return awaited_.has_happened(); }
  const char* waits_for() const noexcept override { return what_; }
  static void on_arrival(happening::waiter* w) noexcept;

  happening& awaited_;
  const char* what_;
  awaited_once once_;
  bool attached_ = false;
};

}  // namespace magpie::detail
