#pragma once

// What treesum says on stderr: its messages, and on a terminal a line that shows how far it is.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace treesum {

/// A name that cannot disturb the terminal: control characters as \n or \033, and a backslash doubled.
inline std::string printable(std::string_view name) {
  std::string shown;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      shown += "\\\\";
    } else if (c == '\n') {
      shown += "\\n";
    } else if (c == '\r') {
      shown += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      for (const int shift : {6, 3, 0}) {
        if (shift == 6) shown += '\\';
        shown += static_cast<char>('0' + ((byte >> shift) & 7));
      }
    } else {
      shown += c;
    }
  }
  return shown;
}

/// 1234567 bytes as "1.2 MB".
inline std::string in_bytes(double n) {
  const char* const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  std::size_t unit = 0;
  for (; n >= 999.5 && unit < 6; ++unit) n /= 1000;
  char text[32];
  std::snprintf(text, sizeof text, n < 9.95 && unit > 0 ? "%.1f %s" : "%.0f %s", n, units[unit]);
  return text;
}

/// Threads: all of it may be called from any worker.
class progress {
  using clock = std::chrono::steady_clock;

 public:
  progress() {
    if (::isatty(STDERR_FILENO) == 1) painter_ = std::jthread([this](std::stop_token stop) { paint(stop); });
  }
  ~progress() { finish(); }

  /// Something is left out: the exit status will say so too.
  void problem(std::string_view path, std::string_view why) {
    problems_.fetch_add(1, std::memory_order_relaxed);
    note(path, why);
  }

  /// Something that is good to know.
  void note(std::string_view path, std::string_view what) {
    const std::string line = "treesum: " + printable(path) + ": " + std::string(what) + '\n';
    const std::lock_guard lock(mutex_);
    erase();
    std::fputs(line.c_str(), stderr);
  }

  // Counters, each on its own: relaxed, as nobody concludes from one of them about another.
  void listed(std::uint64_t files, std::uint64_t bytes) {
    all_files_.fetch_add(files, std::memory_order_relaxed);
    all_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void start_hashing() { hashing_since_.store(clock::now(), std::memory_order_relaxed); }
  void hashed_file() { files_.fetch_add(1, std::memory_order_relaxed); }
  void hashed_bytes(std::uint64_t n) { bytes_.fetch_add(n, std::memory_order_relaxed); }

  std::uint64_t problems() const { return problems_.load(std::memory_order_relaxed); }
  std::uint64_t files() const { return files_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  /// No line is painted any more.
  void finish() {
    if (painter_.joinable()) {
      painter_.request_stop();
      painter_.join();
    }
  }

 private:
  // A thread of its own: it must paint while all workers hash.
  void paint(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; }) &&
           !stop.stop_requested()) {
      erase();
      std::fputs(line().c_str(), stderr);
      painted_ = true;
    }
    erase();
  }

  void erase() {
    if (!painted_) return;
    std::fputs("\r\033[K", stderr);
    painted_ = false;
  }

  std::string line() const {
    const auto since = hashing_since_.load(std::memory_order_relaxed);
    const auto all_files = all_files_.load(std::memory_order_relaxed);
    const auto all_bytes = all_bytes_.load(std::memory_order_relaxed);
    if (since == clock::time_point()) {
      return cut("looking for files: " + std::to_string(all_files) + ", " + in_bytes(static_cast<double>(all_bytes)));
    }
    const auto done = static_cast<double>(bytes());
    const auto all = std::max(static_cast<double>(all_bytes), 1.0);
    const double seconds = std::max(std::chrono::duration<double>(clock::now() - since).count(), 1e-9);
    const double part = std::min(done / all, 1.0);
    std::string bar(20, ' ');
    std::fill_n(bar.begin(), static_cast<int>(part * 20), '#');
    const std::string percent = std::to_string(static_cast<int>(part * 100));
    std::string text = "[" + bar + "] " + percent + "%  " + std::to_string(files()) + "/" + std::to_string(all_files) +
                       " files  " + in_bytes(done) + "/" + in_bytes(all) + "  " + in_bytes(done / seconds) + "/s";
    if (done > 0 && seconds > 0.5) {
      const auto left = static_cast<long>(seconds * (all - done) / done);
      char time[32];
      std::snprintf(time, sizeof time, "  %ld:%02ld left", left / 60, std::max(left % 60, 0L));
      text += time;
    }
    return cut(text);
  }

  /// A line that wraps cannot be painted over.
  static std::string cut(std::string text) {
    winsize window = {};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && text.size() >= window.ws_col) {
      text.resize(window.ws_col - 1u);
    }
    return text;
  }

  std::atomic<std::uint64_t> problems_{0}, files_{0}, bytes_{0}, all_files_{0}, all_bytes_{0};
  std::atomic<clock::time_point> hashing_since_{clock::time_point()};
  std::mutex mutex_;  // what is on the terminal
  std::condition_variable_any wake_;
  bool painted_ = false;
  std::jthread painter_;  // last: it uses the others
};

}  // namespace treesum
