// magpie-compare: fork-join against oneTBB and against the bare coroutine tree, in one process, by paired ratios.

#include "micro/fib.hpp"
#include "support/built_with.hpp"
#include "support/line_transfer.hpp"
#include "support/paired.hpp"

#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

namespace perf {
namespace {

constexpr const char* usage = "usage: magpie-compare [--n N] [--rounds N] [--check] [--tolerance FRACTION]\n"
                              "  --n N                  fib(N), 32 if not given\n"
                              "  --rounds N             undisturbed rounds to wait for, 15 if not given\n"
                              "  --check                exit with 1 if a bar is missed, or cannot be tried here\n"
                              "  --tolerance FRACTION   with --check: a bar may be missed by so much, 0 if not given\n";

struct options {
  unsigned n = 32;
  std::size_t rounds = 15;
  bool check = false;
  double tolerance = 0;
};

template <class T>
bool parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<options> parse(int argc, char** argv) {
  options o;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--check") {
      o.check = true;
    } else if ((name == "--n" && parse(value, o.n) && o.n >= 2 && o.n <= 45) ||
               (name == "--rounds" && parse(value, o.rounds) && o.rounds >= 1) ||
               (name == "--tolerance" && parse(value, o.tolerance) && o.tolerance >= 0)) {
      ++i;
    } else {
      return std::nullopt;
    }
  }
  return o;
}

/// Adds a pool of the kind Peer, and gives its number.
template <class Peer>
std::size_t add(paired_runs& runs, unsigned threads, unsigned n) {
  auto peer = std::make_shared<Peer>(threads);
  std::string name = Peer::name;
  if (threads > 1) name += ", " + std::to_string(threads) + " threads";
  runs.add(std::move(name), [peer, n, expected = fib(n)] { return fib_on(*peer, n) == expected; });
  return runs.contestants() - 1;
}

enum class bar { at_most, at_least };

class table {
 public:
  explicit table(double tolerance) : tolerance_(tolerance) {
    std::printf("\n%-48s %8s   %-17s  %s\n", "paired", "median", "quartiles", "bar");
  }

  void note(const char* what, const spread& s) { print(what, s, ""); }

  void compare(const char* what, const spread& s, bar kind, double value) {
    const bool met = kind == bar::at_most ? s.median <= value : s.median >= value;
    const bool nearly =
        kind == bar::at_most ? s.median <= value * (1 + tolerance_) : s.median >= value / (1 + tolerance_);
    missed_ += nearly ? 0 : 1;
    char verdict[64];
    std::snprintf(verdict, sizeof verdict, "%s %.3f  %s", kind == bar::at_most ? "<=" : ">=", value,
                  met      ? "ok"
                  : nearly ? "missed, within the tolerance"
                           : "MISSED");
    print(what, s, verdict);
  }

  void untried(const char* what, const char* why) {
    std::printf("%-48s %s\n", what, why);
    ++missed_;
  }

  int missed() const noexcept { return missed_; }

 private:
  static void print(const char* what, const spread& s, const char* verdict) {
    std::printf("%-48s %8.3f   %7.3f .. %-7.3f %s\n", what, s.median, s.low, s.high, verdict);
  }
  double tolerance_;
  int missed_ = 0;
};

unsigned cpus() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 1;
}

int run(const options& o) {
  paired_runs runs;
  const bool two = cpus() >= 2;
  const std::size_t plain = add<serial>(runs, 1, o.n);
  const std::size_t bare = add<bare_pool>(runs, 1, o.n);
  const std::size_t magpie_1 = add<magpie_pool>(runs, 1, o.n);
  const std::size_t magpie_2 = two ? add<magpie_pool>(runs, 2, o.n) : plain;
#if PERF_HAS_TBB
  const std::size_t tbb_1 = add<tbb_arena>(runs, 1, o.n);
  const std::size_t tbb_2 = two ? add<tbb_arena>(runs, 2, o.n) : plain;
#endif

  for (const auto& [name, value] : built_with()) std::printf("%s: %s\n", name.c_str(), value.c_str());
  const double line_before = two ? line_transfer_ns() : 0;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  runs.run(o.rounds, [&](std::size_t done, std::size_t of) {
    if (terminal) std::fprintf(stderr, "\rround %zu of %zu or more ", done, of);
  });
  if (terminal) std::fputs("\r                              \r", stderr);
  if (!runs.all_right()) {
    std::fputs("magpie-compare: a result differs from the serial one\n", stderr);
    return 1;
  }

  const auto calls = static_cast<double>(fib_calls(o.n));
  std::printf("fib(%u), %.0f calls, %zu rounds", o.n, calls, runs.rounds());
  if (runs.set_aside() != 0) std::printf(", %zu set aside as others used the CPUs", runs.set_aside());
  std::printf(", no CPU for at most %.1f %% of a run\n", 100 * runs.worst_disturbance());
  if (two) std::printf("a line between CPUs: %.0f ns before, %.0f ns after\n", line_before, line_transfer_ns());
  std::printf("\n%-48s %8s   %s\n", "", "ns each", "quartiles");
  for (std::size_t c = 0; c < runs.contestants(); ++c) {
    const spread s = runs.over_rounds([&](const auto& seconds) { return seconds[c] * 1e9 / calls; });
    std::printf("%-48s %8.2f   %7.2f .. %.2f\n", runs.name(c).c_str(), s.median, s.low, s.high);
  }

  const auto ratio = [&](std::size_t a, std::size_t b) {
    return runs.over_rounds([=](const auto& seconds) { return seconds[a] / seconds[b]; });
  };
  table t(o.tolerance);
  t.compare("magpie / bare coroutines, 1 thread", ratio(magpie_1, bare), bar::at_most, 1.25);
#if PERF_HAS_TBB
  t.compare("magpie / oneTBB, 1 thread", ratio(magpie_1, tbb_1), bar::at_most, 1.0 / 3);
  if (two) {
    t.note("magpie / oneTBB, 2 threads", ratio(magpie_2, tbb_2));
    t.note("speed-up of oneTBB on 2 threads", ratio(tbb_1, tbb_2));
    t.note("speed-up of magpie on 2 threads", ratio(magpie_1, magpie_2));
    t.compare("speed-up of magpie / that of oneTBB",
              runs.over_rounds([&](const auto& s) { return (s[magpie_1] / s[magpie_2]) / (s[tbb_1] / s[tbb_2]); }),
              bar::at_least, 1);
  } else {
    t.untried("speed-up of magpie / that of oneTBB", "not tried: there is one CPU only");
  }
#else
  if (two) t.note("speed-up of magpie on 2 threads", ratio(magpie_1, magpie_2));
  t.untried("magpie / oneTBB", "not tried: this was built without oneTBB (Debian: libtbb-dev)");
#endif
  return o.check && t.missed() != 0 ? 1 : 0;
}

}  // namespace
}  // namespace perf

int main(int argc, char** argv) {
  const auto options = perf::parse(argc, argv);
  if (!options) {
    std::fputs(perf::usage, stderr);
    return 2;
  }
  return perf::run(*options);
}
