#pragma once

#include <chrono>
#include <thread>

namespace magpie_test {

/// Waits, on a plain thread, for what must come true and tells nobody. False after a minute.
template <class Condition>
bool comes_true(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (int n = 0; !condition(); ++n) {
    if (std::chrono::steady_clock::now() > end) return false;
    if (n < 1000) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  return true;
}

}  // namespace magpie_test
