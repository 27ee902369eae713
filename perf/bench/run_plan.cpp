#include "bench/bars.hpp"
#include "bench/catalogue.hpp"
#include "bench/run_plan.hpp"
#include "bench/stable_order.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <regex>
#include <set>

namespace bench {
namespace {

// Seconds beside the sampling: the process starts, the pool starts, the work is done once to warm up, all ends.
constexpr double overhead = 0.1;
constexpr double least_seconds = 0.1;  // of sampling: below that, a process is mostly overhead
constexpr unsigned most_rounds = 15;
constexpr unsigned least_rounds = 3;  // for a median of ratios with a spread

double usual_seconds(const std::string& size) { return size == "full" ? 1.5 : 0.3; }

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<const runner*> chosen_runners(const std::vector<runner>& all, const wishes& asked) {
  std::vector<const runner*> chosen;
  std::vector<std::string> known;
  known.reserve(all.size());
  for (const runner& r : all) known.push_back(r.facts.id);
  if (asked.peers.empty()) {
    for (const runner& r : all) chosen.push_back(&r);
    return chosen;
  }
  for (const std::string& name : asked.peers) {
    bool found = false;
    for (const runner& r : all) {
      if (lower(r.facts.id) != lower(name) && lower(r.facts.name) != lower(name)) continue;
      found = true;
      if (std::find(chosen.begin(), chosen.end(), &r) == chosen.end()) chosen.push_back(&r);
    }
    if (!found) {
      throw bad_wish(fmt::format("--peers: there is no peer '{}'; there are: {}", name, fmt::join(known, ", ")));
    }
  }
  return chosen;
}

std::vector<std::string> chosen_workloads(const std::vector<const runner*>& with, const wishes& asked) {
  std::vector<std::string> names;
  for (const runner* r : with) {
    for (const offer& o : r->offers) {
      if (std::find(names.begin(), names.end(), o.facts.name) == names.end()) names.push_back(o.facts.name);
    }
  }
  sort_stably(names, [](const std::string& a, const std::string& b) { return rank_of(a) < rank_of(b); });
  if (asked.filter.empty()) return names;
  std::regex wanted;
  try {
    wanted = std::regex(asked.filter, std::regex::ECMAScript);
  } catch (const std::regex_error& e) {
    throw bad_wish(fmt::format("--filter: '{}' is not a regular expression: {}", asked.filter, e.what()));
  }
  std::erase_if(names, [&](const std::string& name) { return !std::regex_search(name, wanted); });
  if (names.empty()) {
    throw bad_wish(
        fmt::format("--filter: no workload of these peers matches '{}'; 'magpie-bench list' shows them", asked.filter));
  }
  return names;
}

/// 1 and the most that anybody offers, if nothing is asked for.
std::vector<unsigned> chosen_threads(const std::vector<const runner*>& with, const wishes& asked) {
  std::set<unsigned> offered;
  for (const runner* r : with) {
    for (const offer& o : r->offers) offered.insert(o.threads.begin(), o.threads.end());
  }
  if (offered.empty()) return {};
  if (asked.threads.empty()) return *offered.rbegin() == 1 ? std::vector{1U} : std::vector{1U, *offered.rbegin()};
  std::vector<unsigned> chosen = asked.threads;
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

/// What can be run of these workloads. Peers stand next to each other: a ratio is taken between neighbours in time.
void fill_cells(run_plan& plan, const std::vector<const runner*>& with, const std::vector<std::string>& workloads,
                const std::vector<unsigned>& threads, const std::string& size) {
  for (const std::string& name : workloads) {
    for (const runner* r : with) {
      const offer* const o = r->find(name);
      if (o == nullptr) {
        plan.no_such_feature.push_back({name, r->facts.id, "not offered by this runner"});
      } else if (!o->no_such_feature.empty()) {
        plan.no_such_feature.push_back({name, r->facts.id, o->no_such_feature});
      } else if (!o->facts.sizes.contains(size)) {
        plan.left_out.push_back({name, r->facts.id, fmt::format("it has no size '{}'", size)});
      }
    }
    for (const unsigned n : threads) {
      for (const runner* r : with) {
        const offer* const o = r->find(name);
        if (o == nullptr || !o->no_such_feature.empty() || !o->facts.sizes.contains(size)) continue;
        // A list that ends at the machine's processors does not forbid what lies between.
        const unsigned least = *std::min_element(o->threads.begin(), o->threads.end());
        const unsigned most = *std::max_element(o->threads.begin(), o->threads.end());
        if (n < least || n > most) continue;
        plan.cells.push_back({name, n, r});
      }
    }
  }
}

double seconds_each(double budget, std::size_t cells, unsigned rounds) {
  return budget / (static_cast<double>(cells) * rounds) - overhead;
}

/// Only what is on the short list, as the time is not enough for all.
void shorten(run_plan& plan) {
  std::set<std::string> gone;
  for (const cell& c : plan.cells) {
    if (!entry_of(c.workload).short_list) gone.insert(c.workload);
  }
  if (gone.empty() ||
      std::all_of(plan.cells.begin(), plan.cells.end(), [&](const cell& c) { return gone.contains(c.workload); })) {
    return;
  }
  std::erase_if(plan.cells, [&](const cell& c) { return gone.contains(c.workload); });
  for (const std::string& name : gone) {
    plan.left_out.push_back({name, "", "not on the short list, and the time is not enough for all"});
  }
}

void fit(run_plan& plan, const wishes& asked) {
  const double usual = usual_seconds(asked.size);
  plan.seconds = usual;
  plan.rounds = asked.repeat.value_or(least_rounds);
  plan.limit = asked.limit.value_or(asked.size == "full" ? 300 : 60);
  if (!asked.minutes) return;

  const double budget = *asked.minutes * 60;
  plan.until = budget;
  if (asked.filter.empty() && !asked.only_bars && !asked.all &&
      seconds_each(budget, plan.cells.size(), plan.rounds) < least_seconds)
    shorten(plan);
  if (!asked.repeat) {
    const double affordable = budget / (static_cast<double>(plan.cells.size()) * (usual + overhead));
    plan.rounds = static_cast<unsigned>(std::clamp(affordable, double{least_rounds}, double{most_rounds}));
  }
  plan.seconds = std::clamp(seconds_each(budget, plan.cells.size(), plan.rounds), least_seconds / 2, 2 * usual);
  // One process that hangs must not take the time of all the others.
  if (!asked.limit) plan.limit = std::min(plan.limit, std::max(10.0, budget / 20));
}

}  // namespace

run_plan make_plan(const std::vector<runner>& all, const wishes& asked) {
  const std::vector<const runner*> with = chosen_runners(all, asked);
  const std::vector<std::string> workloads = chosen_workloads(with, asked);
  const std::vector<unsigned> threads = chosen_threads(with, asked);
  run_plan plan;
  fill_cells(plan, with, workloads, threads, asked.size);
  if (asked.only_bars) {
    std::erase_if(plan.cells, [](const cell& c) {
      return std::none_of(bars().begin(), bars().end(),
                          [&](const bar& b) { return b.workload == c.workload && b.threads == c.threads; });
    });
  }
  if (plan.cells.empty()) {
    throw bad_wish(
        fmt::format("there is nothing to run: no peer offers what was chosen ({} workloads, size '{}', {} threads); "
                    "'magpie-bench list' shows what there is",
                    workloads.size(), asked.size, fmt::join(threads, ",")));
  }
  fit(plan, asked);
  return plan;
}

}  // namespace bench
