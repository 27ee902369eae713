#include "bench/catalogue.hpp"
#include "bench/figures.hpp"
#include "bench/human.hpp"
#include "bench/stable_order.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

namespace bench {
namespace {

/// What cannot be told from nothing: ratios to less than that mean nothing.
double floor_of(measure what) {
  constexpr double page_noise = 256e3;
  constexpr double clock_noise = 200e-6;
  switch (what) {
    case measure::memory:
      return page_noise;
    case measure::idle_cpu:
      return clock_noise;
    case measure::time:
    case measure::latency:
    case measure::busy_cpu:
      break;
  }
  return 1e-12;
}

struct taken_sample {
  const one_run* from;
  const sample* what;
  double disturbed;
};

/// The quiet ones; if these are too few, the quietest.
std::vector<taken_sample> kept_of(const std::vector<const one_run*>& runs, figures& into) {
  std::vector<taken_sample> all;
  for (const one_run* r : runs) {
    for (const sample& s : r->samples) all.push_back({r, &s, s.wall > 0 ? s.waited / s.wall : 0});
  }
  std::sort(all.begin(), all.end(),
            [](const taken_sample& a, const taken_sample& b) { return a.disturbed < b.disturbed; });
  const auto quiet = static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [](const taken_sample& s) { return s.disturbed <= tolerated_wait; }));
  const std::size_t enough = std::max(std::min<std::size_t>(3, all.size()), all.size() / 4);
  into.taken = all.size();
  into.noisy = quiet < enough;
  all.resize(std::max(quiet, enough));
  into.set_aside = into.taken - all.size();
  return all;
}

double value_of(const taken_sample& s, measure what) {
  switch (what) {
    case measure::memory:
      return s.from->peak_bytes.value_or(0);
    case measure::idle_cpu:
      return s.from->idle_cpu_seconds.value_or(s.what->cpu);
    case measure::busy_cpu:
      return s.from->cpu_per_wall.value_or(s.what->wall > 0 ? s.what->cpu / s.what->wall : 0);
    case measure::time:
    case measure::latency:
      break;
  }
  return s.what->wall / s.from->items;
}

/// Single observations, which say more than the samples.
void look_at_latencies(const std::vector<taken_sample>& kept, figures& into) {
  std::set<const one_run*> seen;
  for (const taken_sample& s : kept) {
    if (s.from->latency_ns.empty() || !seen.insert(s.from).second) continue;
    for (const double ns : s.from->latency_ns) into.latencies.push_back(ns * 1e-9);
    into.by_round[s.from->round] = quantile(s.from->latency_ns, 0.5) * 1e-9;
  }
  if (into.latencies.empty()) return;
  std::sort(into.latencies.begin(), into.latencies.end());
  into.value = spread_of(into.latencies);
}

figures figures_of(const std::vector<const one_run*>& runs, measure what) {
  figures into;
  std::vector<const one_run*> good;
  for (const one_run* r : runs) {
    if (r->how == ending::right) {
      good.push_back(r);
    } else {
      into.how = r->how;
      into.message = r->message;
    }
  }
  if (good.empty()) return into;
  into.items = good.front()->items;
  std::vector<double> values;
  std::vector<double> cpu;
  std::map<unsigned, std::vector<double>> rounds;
  const std::vector<taken_sample> kept = kept_of(good, into);
  for (const taken_sample& s : kept) {
    values.push_back(value_of(s, what));
    cpu.push_back(s.what->cpu / s.from->items);
    rounds[s.from->round].push_back(values.back());
  }
  into.value = spread_of(std::move(values));
  into.cpu = spread_of(std::move(cpu));
  for (auto& [round, of_round] : rounds) into.by_round[round] = spread_of(std::move(of_round)).median;
  for (const one_run* r : good) {
    if (r->peak_bytes) into.peak_bytes = std::max(into.peak_bytes.value_or(0), *r->peak_bytes);
  }
  if (what == measure::latency) look_at_latencies(kept, into);
  return into;
}

}  // namespace

measure measure_of(const workload_facts& workload) {
  if (workload.measure == "latency") return measure::latency;
  if (workload.measure == "memory") return measure::memory;
  if (workload.measure == "idle_cpu") return measure::idle_cpu;
  if (workload.measure == "busy_cpu") return measure::busy_cpu;
  return measure::time;
}

std::string value_text(measure what, double value) {
  switch (what) {
    case measure::memory:
      return bytes_text(value);
    case measure::busy_cpu:
      return fmt::format("{:.2f} CPUs", value);
    case measure::time:
    case measure::latency:
    case measure::idle_cpu:
      break;
  }
  return time_text(value);
}

std::string value_name(measure what, const std::string& unit) {
  switch (what) {
    case measure::latency:
      return "median latency";
    case measure::memory:
      return "peak memory";
    case measure::idle_cpu:
      return "processor time";
    case measure::busy_cpu:
      return "processors in use";
    case measure::time:
      break;
  }
  return unit.empty() ? "time" : "time per " + unit;
}

double ratio_of(measure what, double value, double to) {
  const double least = floor_of(what);
  return std::max(value, least) / std::max(to, least);
}

spread paired_ratio(const figures& of, const figures& to, measure what) {
  std::vector<double> ratios;
  for (const auto& [round, value] : of.by_round) {
    if (const auto other = to.by_round.find(round); other != to.by_round.end()) {
      ratios.push_back(ratio_of(what, value, other->second));
    }
  }
  if (ratios.empty()) ratios.push_back(ratio_of(what, of.value.median, to.value.median));
  return spread_of(std::move(ratios));
}

std::vector<failure> failures_of(const run_file& run) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::set<unsigned>>> found;
  for (const one_run& r : run.runs) {
    if (r.how == ending::right) continue;
    const peer_facts* const p = run.peer(r.peer);
    found[{p != nullptr ? p->name : r.peer, r.message}][r.workload].insert(r.threads);
  }
  std::vector<failure> all;
  for (const auto& [what, places] : found) {
    failure f{what.first, what.second, {}};
    for (const auto& [workload, threads] : places) {
      const bool one = threads.size() == 1 && *threads.begin() == 1;
      f.where.push_back(fmt::format("{} ({} thread{})", workload, fmt::join(threads, ", "), one ? "" : "s"));
    }
    all.push_back(std::move(f));
  }
  return all;
}

figure_table::figure_table(const run_file& run) : run_(&run) {
  std::map<key, std::vector<const one_run*>> runs;
  std::set<unsigned> threads;
  std::set<std::string> names;
  for (const one_run& r : run.runs) {
    runs[{r.workload, r.threads, r.peer}].push_back(&r);
    threads.insert(r.threads);
    names.insert(r.workload);
  }
  threads_.assign(threads.begin(), threads.end());
  for (const std::string& name : names) {
    const workload_facts* const facts = run.workload(name);
    workloads_.push_back(facts != nullptr ? *facts : workload_facts{name, "", "", "time", {}});
  }
  sort_stably(workloads_,
              [](const workload_facts& a, const workload_facts& b) { return rank_of(a.name) < rank_of(b.name); });
  for (const auto& [which, of_it] : runs) {
    const workload_facts* const facts = run.workload(std::get<0>(which));
    all_.emplace(which, figures_of(of_it, facts != nullptr ? measure_of(*facts) : measure::time));
  }
}

const figures* figure_table::find(const std::string& workload, unsigned threads, const std::string& peer) const {
  const auto found = all_.find({workload, threads, peer});
  return found == all_.end() ? nullptr : &found->second;
}

const figures* figure_table::best(const std::string& workload, unsigned threads) const {
  std::vector<const figures*> good;
  for (const peer_facts& p : run_->peers) {
    const figures* const f = find(workload, threads, p.id);
    if (f != nullptr && f->good() && !is_reference(p.id)) good.push_back(f);
  }
  const auto least = std::min_element(
      good.begin(), good.end(), [](const figures* a, const figures* b) { return a->value.median < b->value.median; });
  if (least == good.end()) return nullptr;
  // Whoever beats that one pair by pair is better, though the medians say otherwise.
  const workload_facts* const facts = run_->workload(workload);
  const measure what = facts != nullptr ? measure_of(*facts) : measure::time;
  const figures* first = *least;
  double lead = 1;
  for (const figures* f : good) {
    const double ratio = f == *least ? 1 : paired_ratio(*f, **least, what).median;
    if (ratio >= lead) continue;
    first = f;
    lead = ratio;
  }
  return first;
}

std::string figure_table::why_absent(const std::string& workload, const std::string& peer) const {
  for (const absence& a : run_->no_such_feature) {
    if (a.workload == workload && a.peer == peer) return "no such feature: " + a.why;
  }
  for (const absence& a : run_->left_out) {
    if (a.workload == workload && a.peer == peer) return "not run: " + a.why;
  }
  return {};
}

std::vector<unsigned> figure_table::threads_of(const std::string& workload) const {
  std::vector<unsigned> some;
  for (const unsigned n : threads_) {
    if (std::any_of(run_->peers.begin(), run_->peers.end(), [&](const peer_facts& p) {
          const figures* const f = find(workload, n, p.id);
          return f != nullptr && !is_reference(p.id);
        })) {
      some.push_back(n);
    }
  }
  return some.empty() ? threads_ : some;
}

double figure_table::set_aside() const {
  std::size_t taken = 0;
  std::size_t aside = 0;
  for (const auto& [which, f] : all_) {
    taken += f.taken;
    aside += f.set_aside;
  }
  return taken == 0 ? 0 : static_cast<double>(aside) / static_cast<double>(taken);
}

}  // namespace bench
