// What docs/guide/blocking.md shows.
#include <magpie/magpie.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using namespace magpie;
using namespace std::chrono_literals;

namespace {

std::size_t size_of_file(const std::string& path) {
  std::FILE* const f = std::fopen(path.c_str(), "rb");
  if (f == nullptr) throw std::runtime_error("cannot open " + path);
  std::fseek(f, 0, SEEK_END);
  const long size = std::ftell(f);
  std::fclose(f);
  return static_cast<std::size_t>(size);
}

task<std::size_t> total(std::string a, std::string b) {
  auto [x, y] = co_await gather(blocking([&a] { return size_of_file(a); }),  // both at once, and no worker waits
                                blocking([&b] { return size_of_file(b); }));
  co_return x + y;
}

/// A device that nobody can wait for: it must be asked again and again.
struct device {
  std::optional<int> read() const { return {}; }
};

task<int> read_from(const device& from) {
  auto ask = [&from](const stop_token& stop) {
    while (!stop.stop_requested()) {
      if (const auto value = from.read()) return *value;
      std::this_thread::sleep_for(1ms);
    }
    return -1;  // delivered: a result that was obtained is not lost to a stop
  };
  co_return co_await blocking(ask);
}

task<std::size_t> length_of(std::string text) {
  auto owns = [text = std::move(text)] { return text.size(); };
  co_return co_await blocking(std::ref(owns));  // named, as it owns something: see footguns.md
}

bool ends_in_time(runtime& rt) {
  const device silent;
  for (auto limit = 20ms; limit < 1min; limit *= 2) {
    outcome<int> read = rt.block_on(as_outcome(with_timeout(limit, read_from(silent))));
    if (read.has_value()) return read.value() == -1;
    // A loaded machine: the deadline passed before there was a thread for the call.
  }
  return false;
}

}  // namespace

int main() {
  runtime rt({.blocking_threads = 16});  // at most so many beside the workers
  if (rt.block_on(total("/proc/self/status", "/dev/null")) != 0) return 1;
  try {
    rt.block_on(total("/dev/null", "/no/such/file"));
    return 2;
  } catch (const std::runtime_error& e) {
    std::puts(e.what());  // what the call throws is rethrown here
  }
  if (rt.block_on(length_of("magpie")) != 6) return 3;
  return ends_in_time(rt) && rt.metrics().blocking_calls >= 5 ? 0 : 4;
}
