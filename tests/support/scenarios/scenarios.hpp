#pragma once

#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/witness.hpp"

#include <exception>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// Small programs over the whole interface, each with a result that it checks itself. They are run beside all kinds of
/// trouble: under atomics that disturb, out of memory, under signals, on one processor.
namespace magpie_test {

struct scenario {
  const char* name;
  /// `size` > 0 says how much it does, not what. Errors: wrong_result, and what went wrong around it.
  void (*run)(magpie::runtime& rt, int size);
  /// Makes threads of its own, or counts on times: what fails inside it need not come out as it was thrown.
  bool on_its_own = false;
};

struct wrong_result : std::logic_error {
  using std::logic_error::logic_error;
};

/// Thrown on purpose.
struct planned_error : std::runtime_error {
  planned_error() : std::runtime_error("a planned error") {}
};

inline void require(bool right, const char* what) {
  if (!right) [[unlikely]]
    throw wrong_result(std::string("wrong: ") + what);
}

// The lists, by what they are about.
std::span<const scenario> gather_scenarios();
std::span<const scenario> handle_scenarios();
std::span<const scenario> group_scenarios();
std::span<const scenario> stop_scenarios();
std::span<const scenario> sync_scenarios();
std::span<const scenario> loop_scenarios();
std::span<const scenario> thread_scenarios();

inline std::vector<scenario> all_scenarios() {
  std::vector<scenario> all;
  for (const auto list : {gather_scenarios(), handle_scenarios(), group_scenarios(), stop_scenarios(), sync_scenarios(),
                          loop_scenarios(), thread_scenarios()}) {
    all.insert(all.end(), list.begin(), list.end());
  }
  return all;
}

/// `count` threads that run `f(i)`, from its making to its end(), which rethrows the first error.
class foreign_threads {
 public:
  template <class F>
  foreign_threads(int count, F f) {
    threads_.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, f, i] {
        try {
          f(i);
        } catch (...) {
          const std::lock_guard hold(lock_);
          if (!error_) error_ = std::current_exception();
        }
      });
    }
  }
  void end() {
    threads_.clear();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex lock_;
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;
};

inline magpie::task<int> number(int n, witness w = witness(1)) { co_return n* w.value(); }
inline magpie::task<int> later(int n, witness w = witness(1)) {
  co_await magpie::yield();
  co_return n* w.value();
}
inline magpie::task<int> until_stopped(witness w = witness(1)) {
  co_await magpie::sleep_until(magpie::never);
  co_return w.value();
}
inline magpie::task<int> fails(witness w = witness(1)) {
  co_await magpie::yield();
  if (w.value() == 1) throw planned_error();
  co_return 0;
}

}  // namespace magpie_test
