#pragma once

#include <magpie/lockfree/parking_word.hpp>
#include <magpie/lockfree/sleeper.hpp>
#include <magpie/model/explore.hpp>

#include <cstdint>

/// The shipped parking word and sleeper under the model.
namespace rooms {

namespace model = magpie::model;
namespace detail = magpie::detail;

/// The futex of the model. When the timed sleep is over, all that was stored is visible (P4).
struct modelled_futex {
  using word = model::atomic<std::uint32_t>;

  static std::int64_t after(std::int64_t) noexcept { return 0; }
  static void wait(word& w, std::uint32_t expected) { model::futex::wait(w, expected); }
  static bool wait_until(word& w, std::uint32_t expected, std::int64_t) {
    if (model::futex::wait_for_some_time(w, expected) != model::futex::result::timed_out) return true;
    model::refresh();
    return false;
  }
  static void wake_one(word& w) { model::futex::wake(w, 1); }
};

/// The timed sleep never ends by itself: what is promised without the help of time must hold so.
struct endless_futex : modelled_futex {
  static bool wait_until(word& w, std::uint32_t expected, std::int64_t) {
    model::futex::wait(w, expected);
    return true;
  }
};

using timed_sleeper = detail::sleeper<model::atomics, modelled_futex, 1>;
using endless_sleeper = detail::sleeper<model::atomics, endless_futex, 1>;
using modelled_parking_word = detail::parking_word<model::atomics, 4>;

}  // namespace rooms
