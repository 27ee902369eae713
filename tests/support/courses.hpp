#pragma once

#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/task.hpp>
#include <magpie/testing.hpp>

#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace magpie_test {

/// 64, or what MAGPIE_TEST_SEEDS says in the environment.
inline std::uint64_t number_of_seeds() {
  const char* const given = std::getenv("MAGPIE_TEST_SEEDS");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : 64;
}

/// Runs `f(runtime&)` again and again, each time on a runtime of its own and by another course of events, in virtual
/// time. What is about rules, not about threads, is tested so.
template <class F>
void for_each_seed(F f) {
  for (std::uint64_t seed = 0, end = number_of_seeds(); seed < end && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    magpie::testing::virtual_runtime rt{{.seed = seed, .workers = 1 + static_cast<unsigned>(seed % 4)}};
    f(static_cast<magpie::runtime&>(rt));
  }
}

inline constexpr std::chrono::nanoseconds tick = std::chrono::milliseconds(1);

inline magpie::task<int> value_after(std::chrono::nanoseconds length, int value) {
  co_await magpie::sleep_for(length);
  co_return value;
}
inline magpie::task<> ends_after(std::chrono::nanoseconds length) { co_await magpie::sleep_for(length); }
inline magpie::task<int> fails_after(std::chrono::nanoseconds length, const char* what) {
  co_await magpie::sleep_for(length);
  throw std::range_error(what);
}
/// Ends only when it is stopped. The witness counts its frames.
inline magpie::task<> sleeps_forever(witness w = witness()) {
  const witness local(w.value());
  co_await magpie::sleep_until(magpie::never);
}
/// Notes that it was there, and that it has gone.
struct passage {
  explicit passage(int& in, int& out) noexcept : out_(out) { ++in; }
  passage(const passage&) = delete;
  passage& operator=(const passage&) = delete;
  ~passage() { ++out_; }

 private:
  int& out_;
};

/// What is thrown by `f()`, as the text of a std::range_error.
inline std::string text_of(const std::exception_ptr& error) {
  try {
    if (!error) return "none";
    std::rethrow_exception(error);
  } catch (const std::range_error& e) {
    return e.what();
  } catch (const std::exception& e) {
    return std::string("another one: ") + e.what();
  }
}

}  // namespace magpie_test
