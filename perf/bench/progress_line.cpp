#include "bench/progress_line.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

std::size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

}  // namespace

progress_line::progress_line() : terminal_(isatty(STDERR_FILENO) != 0), last_(std::chrono::steady_clock::now()) {}

void progress_line::show(std::size_t done, std::size_t of, const std::string& what, double seconds_left) {
  const std::string left = clock_text(seconds_left) + " left";
  if (terminal_) {
    const std::size_t width = columns() - 1;
    const std::size_t bar = std::min<std::size_t>(20, width / 4);
    const std::size_t full = of == 0 ? 0 : bar * done / of;
    std::string line =
        fmt::format("[{}{}] {}/{}  {}  {}", std::string(full, '#'), std::string(bar - full, '.'), done, of, left, what);
    if (line.size() > width) line.resize(width);
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::minutes(1)) return;
  last_ = now;
  fmt::print(stderr, "{}/{}  {}  {}\n", done, of, left, what);
}

void progress_line::say(const std::string& line) {
  clear();
  fmt::print(stderr, "{}\n", line);
}

void progress_line::clear() {
  if (terminal_) fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long>(std::max(0.0, std::ceil(seconds)));
  const long hours = whole / 3600;
  const long minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60)
                   : fmt::format("{}:{:02}", minutes, whole % 60);
}

}  // namespace bench
