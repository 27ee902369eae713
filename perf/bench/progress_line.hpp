#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace bench {

/// Says on stderr how far one is: on a terminal a line that changes, elsewhere a line a minute.
class progress_line {
 public:
  progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }

  void show(std::size_t done, std::size_t of, const std::string& what, double seconds_left);
  /// A line that stays.
  void say(const std::string& line);
  void clear();

 private:
  bool terminal_;
  std::chrono::steady_clock::time_point last_;
};

/// 1:23, or 1:02:03
std::string clock_text(double seconds);

}  // namespace bench
