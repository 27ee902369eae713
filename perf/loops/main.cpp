// magpie-loops: loops, sorts, locks and channels against oneTBB and against plain loops, in one process, by paired
// ratios.

#include "loops/cases.hpp"
#include "support/built_with.hpp"
#include "support/paired.hpp"

#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perf {
namespace {

constexpr const char* usage = "usage: magpie-loops [--rounds N] [--threads N] [--check] [--tolerance FRACTION] [NAME]\n"
                              "  --rounds N             undisturbed rounds to wait for, 15 if not given\n"
                              "  --threads N            2 if not given\n"
                              "  --check                exit with 1 if a bar is missed\n"
                              "  --tolerance FRACTION   with --check: a bar may be missed by so much, 0 if not given\n"
                              "  NAME                   only rows with this in their name\n";

struct options {
  std::size_t rounds = 15;
  unsigned threads = 2;
  bool check = false;
  double tolerance = 0;
  std::string_view name;
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
    } else if ((name == "--rounds" && parse(value, o.rounds) && o.rounds >= 1) ||
               (name == "--threads" && parse(value, o.threads) && o.threads >= 1) ||
               (name == "--tolerance" && parse(value, o.tolerance) && o.tolerance >= 0)) {
      ++i;
    } else if (!name.empty() && name[0] != '-' && o.name.empty()) {
      o.name = name;
    } else {
      return std::nullopt;
    }
  }
  return o;
}

/// Runs a row and prints it. False if a result was wrong, or a bar is missed by more than the tolerance.
bool run(const loop_case& row, const options& o) {
  paired_runs runs;
  for (const loop_case::contestant& c : row.contestants) runs.add(c.name, c.work);
  runs.run(o.rounds, [](std::size_t, std::size_t) {});
  if (!runs.all_right()) {
    std::printf("%s: a result is wrong\n", row.name.c_str());
    return false;
  }
  const auto seconds = [&](const sample& s) { return row.by_processor ? s.processor : s.wall; };
  const auto each = [&](const sample& s) { return seconds(s) / row.repeats / row.unit_seconds; };
  std::printf("%s%s\n", row.name.c_str(),
              row.by_processor ? ", processor time"
              : runs.quiet()   ? ""
                               : "   (others used the CPUs)");
  for (std::size_t c = 0; c < runs.contestants(); ++c) {
    const spread s = runs.over_rounds([&](const auto& samples) { return each(samples[c]); });
    std::printf("  %-44s %10.3f %-2s %9.3f .. %-9.3f least %.3f\n", runs.name(c).c_str(), s.median, row.unit, s.low,
                s.high, runs.least([&](const sample& x) { return each(x); }, c));
  }
  bool met = true;
  const auto judge = [&](const char* what, const spread& s, double most) {
    const bool ok = s.median <= most;
    met = met && s.median <= most * (1 + o.tolerance);
    std::printf("  %-44s %10.3f    %9.3f .. %-9.3f <= %.3f  %s\n", what, s.median, s.low, s.high, most,
                ok ? "ok" : "MISSED");
  };
  for (std::size_t c = 1; c < runs.contestants(); ++c) {
    const spread s = runs.over_rounds([&](const auto& samples) { return seconds(samples[0]) / seconds(samples[c]); });
    const std::string what = runs.name(0) + " / " + runs.name(c);
    if (c == 1 && row.most_ratio > 0) {
      judge(what.c_str(), s, row.most_ratio);
    } else {
      std::printf("  %-44s %10.3f    %9.3f .. %.3f\n", what.c_str(), s.median, s.low, s.high);
    }
  }
  if (row.most > 0 && row.beyond_second) {
    judge("the difference", runs.over_rounds([&](const auto& s) { return each(s[0]) - each(s[1]); }), row.most);
  } else if (row.most > 0) {
    judge("each", runs.over_rounds([&](const auto& s) { return each(s[0]); }), row.most);
  }
  std::fflush(stdout);
  return met;
}

int run(const options& o) {
  for (const auto& [name, value] : built_with()) std::printf("%s: %s\n", name.c_str(), value.c_str());
  std::printf("%u threads\n", o.threads);
  bool met = true;
  for (const auto& cases : {parallel_cases, sync_cases}) {
    for (const loop_case& row : cases(o.threads)) {
      if (row.name.find(o.name) != std::string::npos) met = run(row, o) && met;
    }
  }
  return o.check && !met ? 1 : 0;
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
