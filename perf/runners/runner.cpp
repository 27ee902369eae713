#include "runners/json_line.hpp"
#include "runners/readings.hpp"
#include "runners/runner.hpp"
#include "runners/sampling.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>

namespace perf {
namespace {

enum exit_code { right = 0, wrong = 1, misused = 2, lacking = 3 };

struct request {
  bool describe = false;
  std::string workload;
  unsigned threads = 1;
  size how_much = size::full;
  effort takes{10, 5};
};

template <class Number>
bool read(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size() && into > 0;
}

std::optional<request> parse(int argc, char** argv) {
  request asked;
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--describe") {
      asked.describe = true;
      continue;
    }
    if (i + 1 == argc) return {};
    const std::string_view value = argv[++i];
    bool good = true;
    if (option == "--run") {
      asked.workload = value;
    } else if (option == "--threads") {
      good = read(value, asked.threads);
    } else if (option == "--samples") {
      good = read(value, asked.takes.samples);
    } else if (option == "--seconds") {
      good = read(value, asked.takes.seconds);
    } else if (option == "--size") {
      asked.how_much = value == "quick" ? size::quick : size::full;
      good = value == "quick" || value == "full";
    } else {
      return {};
    }
    if (!good) return {};
  }
  if (asked.describe == !asked.workload.empty()) return {};
  return asked;
}

std::string compiler() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

/// The numbers of threads that make sense here: powers of two, and all.
std::vector<unsigned> thread_counts(const peer_facts& peer, const workload_facts& of) {
  const unsigned most = peer.one_thread ? 1 : std::max(1U, std::thread::hardware_concurrency());
  std::vector<unsigned> counts;
  for (unsigned n = 1; n < most; n *= 2) counts.push_back(n);
  counts.push_back(most);
  std::erase_if(counts, [&](unsigned n) { return n < of.least_threads; });
  return counts;
}

std::vector<std::string> measures(measure of) {
  switch (of) {
    case measure::time:
      return {"time", "cpu", "memory"};
    case measure::latency:
      return {"latency"};
    case measure::memory:
      return {"memory", "time"};
    case measure::idle:
      return {"idle_cpu"};
    case measure::busy:
      return {"busy_cpu"};
  }
  return {};
}

void say(const json_line& line) { std::printf("%s\n", line.text().c_str()); }

void describe(const peer_facts& peer, const std::vector<offer>& offers) {
  json_line self;
  self.add("peer", peer.peer).add("version", peer.version).add("compiler", compiler()).add("flags", PERF_FLAGS);
  say(self.add("allocator", allocator_name()).add("notes", peer.notes));
  for (const offer& o : offers) {
    json_line line;
    line.add("workload", o.workload.name).add("kind", o.workload.kind == kind::macro ? "macro" : "micro");
    if (!o.make) {
      say(line.add("no_such_feature", o.no_such_feature));
      continue;
    }
    json_line sizes;
    sizes.add("full", o.workload.full);
    if (!o.workload.quick.empty()) sizes.add("quick", o.workload.quick);
    line.add("unit", o.workload.unit).add("sizes", sizes);
    say(line.add("threads", thread_counts(peer, o.workload)).add("measures", measures(o.workload.measure)));
  }
}

sampled measured(const offer& o, const job& work, const request& asked) {
  sampled all;
  switch (o.workload.measure) {
    case measure::time:
      take_samples(work, asked.takes, first_run(work, all), all);
      break;
    case measure::latency:
      for (int i = 0; i < 3; ++i) first_run(work, all);
      take_latencies(work, asked.takes, all);
      break;
    case measure::memory:
      all.samples.push_back({first_run(work, all), 0, 0, 1});
      break;
    case measure::idle:
    case measure::busy:
      take_one(work, all);
      break;
  }
  return all;
}

exit_code run_one(const peer_facts& peer, const offer& o, const request& asked) {
  const job work = o.make(asked.threads, asked.how_much);
  const sampled all = measured(o, work, asked);
  json_line line;
  line.add("workload", o.workload.name).add("peer", peer.peer).add("threads", asked.threads);
  line.add("size", asked.how_much == size::full ? "full" : "quick").add("unit", o.workload.unit);
  line.add("items", work.items).add("right", all.right);
  std::vector<json_line> samples;
  for (const sample& s : all.samples) {
    json_line one;
    one.add("wall", s.wall).add("cpu", s.processor).add("waited", s.waited);
    samples.push_back(one.add("runs", s.runs));
  }
  line.add("samples", samples);
  const sample& last = all.samples.back();
  if (o.workload.measure == measure::latency) line.add("latency_ns", all.latency_ns);
  if (o.workload.measure == measure::memory || o.workload.kind == kind::macro) line.add("peak_bytes", all.peak_bytes);
  if (o.workload.measure == measure::idle) line.add("idle_cpu_seconds", last.processor);
  if (o.workload.measure == measure::busy) line.add("cpu_per_wall", last.processor / last.wall);
  say(line);
  return all.right ? right : wrong;
}

int usage(const char* why) {
  std::fprintf(stderr,
               "%s\nusage: --describe | --run WORKLOAD [--threads N] [--size full|quick] [--samples K] [--seconds S]\n",
               why);
  return misused;
}

}  // namespace

int run(const peer_facts& peer, const std::vector<offer>& offers, int argc, char** argv) {
  const std::optional<request> asked = parse(argc, argv);
  if (!asked) return usage("This cannot be understood.");
  if (asked->describe) {
    describe(peer, offers);
    return right;
  }
  const auto o =
      std::find_if(offers.begin(), offers.end(), [&](const offer& x) { return x.workload.name == asked->workload; });
  if (o == offers.end()) return usage("There is no such workload; --describe lists them.");
  if (!o->make) {
    json_line line;
    say(line.add("workload", o->workload.name).add("peer", peer.peer).add("no_such_feature", o->no_such_feature));
    return lacking;
  }
  if (asked->how_much == size::quick && o->workload.quick.empty()) return usage("This workload has no quick size.");
  if (asked->threads < o->workload.least_threads) return usage("This workload takes more threads.");
  if (peer.one_thread && asked->threads != 1) return usage("This peer has one thread only.");
  return run_one(peer, *o, *asked);
}

}  // namespace perf
