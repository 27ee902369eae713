#include "runners/readings.hpp"
#include "runners/sampling.hpp"
#include "support/run_queue_wait.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

namespace perf {
namespace {

using steady = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

/// Between its construction and stop(): time on the wall and of processors, and what disturbed.
class stopwatch {
 public:
  void stop(double runs, sample& into) {
    const double wall = seconds(steady::now() - began_).count();
    // A thread that has ended takes its share along: what is left may be less than before.
    const double waited = std::max(0.0, waited_for_cpu() - waited_);
    // Its threads lie down: the system adds what a thread has used to the process's only when the thread leaves its
    // CPU.
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    into = {wall / runs, (processor_seconds() - processor_) / runs, waited / runs, static_cast<std::uint64_t>(runs)};
  }

 private:
  double waited_ = waited_for_cpu();
  double processor_ = processor_seconds();
  steady::time_point began_ = steady::now();
};

sample timed_run(const job& work) {
  if (work.prepare) work.prepare();
  sample taken{};
  stopwatch watch;
  work.run();
  watch.stop(1, taken);
  if (work.took) taken.wall = work.took();
  if (work.counted) taken.processor = work.counted();
  return taken;
}

/// Keeps what Google Benchmark reports: it also runs while it looks for the number of runs, and this is not reported.
class keeper : public benchmark::BenchmarkReporter {
 public:
  explicit keeper(std::vector<sample>& to) : to_(to) {}
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& r : runs) {
      if (r.run_type != Run::RT_Iteration) continue;
      const auto of = [&](const char* counter) { return r.counters.at(counter).value; };
      to_.push_back({of("wall"), of("processor"), of("waited"), static_cast<std::uint64_t>(r.iterations)});
    }
  }

 private:
  std::vector<sample>& to_;
};

}  // namespace

double first_run(const job& work, sampled& to) {
  if (work.prepare) work.prepare();
  forget_peak();
  const std::uint64_t before = resident_bytes();
  const steady::time_point began = steady::now();
  work.run();
  const double took = seconds(steady::now() - began).count();
  const std::uint64_t peak = peak_resident_bytes();
  to.peak_bytes = peak > before ? peak - before : 0;
  to.right = work.right() && to.right;
  return took;
}

void take_samples(const job& work, const effort& how_much, double seconds_of_a_run, sampled& to) {
  const double affordable = how_much.seconds / std::max(seconds_of_a_run, 1e-9);
  const double repetitions = std::clamp(affordable, 1.0, static_cast<double>(how_much.samples));
  const bool one_by_one = work.prepare || work.took;

  auto* const row = benchmark::RegisterBenchmark("row", [&](benchmark::State& state) {
    sample taken{};
    if (one_by_one) {
      for (auto _ : state) taken = timed_run(work);
    } else {
      stopwatch watch;
      for (auto _ : state) work.run();
      watch.stop(static_cast<double>(state.iterations()), taken);
    }
    to.right = work.right() && to.right;
    state.counters["wall"] = taken.wall;
    state.counters["processor"] = taken.processor;
    state.counters["waited"] = taken.waited;
  });
  row->Repetitions(static_cast<int>(repetitions))->UseRealTime();
  const double of_a_sample = std::min(0.02, how_much.seconds / repetitions / 2);
  if (one_by_one || seconds_of_a_run > of_a_sample) {
    row->Iterations(1);
  } else {
    row->MinTime(of_a_sample);
  }
  keeper reporter(to.samples);
  benchmark::RunSpecifiedBenchmarks(&reporter);
}

void take_latencies(const job& work, const effort& how_much, sampled& to) {
  constexpr std::size_t most = 20'000;
  const std::size_t enough = std::min<std::size_t>(most, how_much.samples == 1 ? 20 : most);
  const steady::time_point end =
      steady::now() + std::chrono::duration_cast<steady::duration>(seconds(how_much.seconds));
  to.latency_ns.reserve(enough);
  sample whole{};
  stopwatch watch;
  while (to.latency_ns.size() < enough && (to.latency_ns.size() < 3 || steady::now() < end)) {
    if (work.prepare) work.prepare();
    const steady::time_point began = steady::now();
    work.run();
    const double took = seconds(steady::now() - began).count();
    to.latency_ns.push_back((work.took ? work.took() : took) * 1e9);
    to.right = work.right() && to.right;
  }
  watch.stop(1, whole);
  to.samples.push_back(whole);
}

void take_one(const job& work, sampled& to) {
  to.samples.push_back(timed_run(work));
  to.right = work.right() && to.right;
}

}  // namespace perf
