#pragma once

#include <algorithm>
#include <chrono>

/// How long it took, in seconds; never 0, so that one may divide by it.
class stopwatch {
 public:
  double seconds() const {
    return std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count(), 1e-9);
  }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};
