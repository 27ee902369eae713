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

constexpr const char* usage =
    "usage: magpie-compare [--n N] [--rounds N] [--check] [--tolerance FRACTION]\n"
    "  --n N                  fib(N), 32 if not given\n"
    "  --rounds N             undisturbed rounds to wait for, 15 if not given\n"
    "  --check                exit with 1 if a bar is missed, with 3 if one cannot be tried or judged here\n"
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
    missed_ = missed_ || !nearly;
    char verdict[64];
    std::snprintf(verdict, sizeof verdict, "%s %.3f  %s", kind == bar::at_most ? "<=" : ">=", value,
                  met      ? "ok"
                  : nearly ? "missed, within the tolerance"
                           : "MISSED");
    print(what, s, verdict);
  }

  void unjudged(const char* what, const char* why) {
    std::printf("%-48s %s\n", what, why);
    unjudged_ = true;
  }

  int status() const noexcept { return missed_ ? 1 : unjudged_ ? 3 : 0; }

 private:
  static void print(const char* what, const spread& s, const char* verdict) {
    std::printf("%-48s %8.3f   %7.3f .. %-7.3f %s\n", what, s.median, s.low, s.high, verdict);
  }
  double tolerance_;
  bool missed_ = false;
  bool unjudged_ = false;
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
  std::printf("\n%-48s %8s   %-17s  %s\n", "", "ns each", "quartiles", "processor time, ns");
  for (std::size_t c = 0; c < runs.contestants(); ++c) {
    const spread s = runs.over_rounds([&](const auto& samples) { return samples[c].wall * 1e9 / calls; });
    const spread p = runs.over_rounds([&](const auto& samples) { return samples[c].processor * 1e9 / calls; });
    std::printf("%-48s %8.2f   %7.2f .. %-7.2f %8.2f\n", runs.name(c).c_str(), s.median, s.low, s.high, p.median);
  }

  const auto cost = [&](std::size_t a, std::size_t b) {
    return runs.over_rounds([=](const auto& samples) { return samples[a].processor / samples[b].processor; });
  };
  [[maybe_unused]] const auto speed_up = [&](std::size_t one, std::size_t more) {
    return runs.over_rounds([=](const auto& samples) { return samples[one].wall / samples[more].wall; });
  };
  table t(o.tolerance);
  t.compare("magpie / bare coroutines, 1 thread, processor", cost(magpie_1, bare), bar::at_most, 1.25);
#if PERF_HAS_TBB
  t.compare("magpie / oneTBB, 1 thread, processor", cost(magpie_1, tbb_1), bar::at_most, 1.0 / 3);
  if (two) {
    t.note("magpie / oneTBB, 2 threads, processor", cost(magpie_2, tbb_2));
    t.note("magpie, 2 threads / 1 thread, processor", cost(magpie_2, magpie_1));
    t.note("oneTBB, 2 threads / 1 thread, processor", cost(tbb_2, tbb_1));
    t.note("magpie / oneTBB, 2 threads", speed_up(magpie_2, tbb_2));
    t.note("speed-up of oneTBB on 2 threads", speed_up(tbb_1, tbb_2));
    t.note("speed-up of magpie on 2 threads", speed_up(magpie_1, magpie_2));
    const spread s = runs.over_rounds([&](const auto& samples) {
      return (samples[magpie_1].wall / samples[magpie_2].wall) / (samples[tbb_1].wall / samples[tbb_2].wall);
    });
    if (runs.quiet()) {
      t.compare("speed-up of magpie / that of oneTBB", s, bar::at_least, 1);
    } else {
      t.note("speed-up of magpie / that of oneTBB", s);
      t.unjudged("", "not judged: others use the CPUs");
    }
  } else {
    t.unjudged("speed-up of magpie / that of oneTBB", "not tried: there is one CPU only");
  }
#else
  if (two) t.note("speed-up of magpie on 2 threads", speed_up(magpie_1, magpie_2));
  t.unjudged("magpie / oneTBB", "not tried: this was built without oneTBB (Debian: libtbb-dev)");
#endif
  return o.check ? t.status() : 0;
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
