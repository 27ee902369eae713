#include "bench/catalogue.hpp"
#include "bench/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

constexpr double least_noise = 0.02;  // what two runs of the same program may differ by

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct place {
  const std::string& workload;
  unsigned threads;
};

/// Peers that did not change and have this cell in both runs.
std::vector<std::string> yardsticks(const figure_table& before, const figure_table& after, place at,
                                    const std::vector<std::string>& of) {
  std::vector<std::string> ids;
  for (const peer_facts& p : before.run().peers) {
    const peer_facts* const now = after.run().peer(p.id);
    if (among(of, p.id) || now == nullptr || *now != p) continue;
    const figures* const a = before.find(at.workload, at.threads, p.id);
    const figures* const b = after.find(at.workload, at.threads, p.id);
    if (a != nullptr && b != nullptr && a->good() && b->good()) ids.push_back(p.id);
  }
  return ids;
}

/// A peer's value over the geometric mean of the yardsticks', round by round.
spread relative(const figure_table& table, place at, const figures& f, const std::vector<std::string>& to) {
  std::vector<double> values;
  for (const auto& [round, value] : f.by_round) {
    double logs = 0;
    std::size_t found = 0;
    for (const std::string& id : to) {
      const figures* const y = table.find(at.workload, at.threads, id);
      const auto of_round = y->by_round.find(round);
      if (of_round == y->by_round.end() || of_round->second <= 0) continue;
      logs += std::log(of_round->second);
      ++found;
    }
    if (found == to.size()) values.push_back(value / std::exp(logs / static_cast<double>(found)));
  }
  return spread_of(std::move(values));
}

/// Half the distance of the quartiles, as a part of the median.
double unrest(const spread& s) { return s.median > 0 ? (s.high - s.low) / 2 / s.median : 0; }

spread spread_of_rounds(const figures& f) {
  std::vector<double> values;
  values.reserve(f.by_round.size());
  for (const auto& [round, value] : f.by_round) values.push_back(value);
  return spread_of(std::move(values));
}

compared compare_cell(const figure_table& before, const figure_table& after, place at, const std::string& peer,
                      const std::vector<std::string>& of, measure what) {
  const figures& a = *before.find(at.workload, at.threads, peer);
  const figures& b = *after.find(at.workload, at.threads, peer);
  compared c{at.workload, at.threads, peer, what, a.value.median, b.value.median, 1, 0, 0, change::within_noise, {}};
  if (!b.good() || !a.good()) {
    if (a.good()) c.verdict = change::broken;
    if (b.good()) c.verdict = change::mended;
    c.message = b.message;
    return c;
  }
  // What is spread by its nature is judged by how its median varies from round to round.
  spread from = what == measure::latency ? spread_of_rounds(a) : a.value;
  spread to = what == measure::latency ? spread_of_rounds(b) : b.value;
  // Memory and processor time at rest do not depend on how fast the machine is today.
  if (what == measure::time || what == measure::latency) {
    const std::vector<std::string> by = yardsticks(before, after, at, of);
    if (!by.empty()) {
      const spread from_relative = relative(before, at, a, by);
      const spread to_relative = relative(after, at, b, by);
      if (from_relative.count > 0 && to_relative.count > 0) {
        from = from_relative;
        to = to_relative;
        c.references = by.size();
      }
    }
  }
  // Of few rounds the quartiles say little, so those of the samples count too.
  double noise_squared = std::pow(unrest(from), 2) + std::pow(unrest(to), 2);
  if (what == measure::time) {
    noise_squared = std::max(noise_squared, std::pow(unrest(a.value), 2) + std::pow(unrest(b.value), 2));
  }
  c.noise = std::max(least_noise, 2 * std::sqrt(noise_squared));
  c.ratio = c.references > 0 ? to.median / from.median : ratio_of(what, to.median, from.median);
  if (c.ratio > 1 + c.noise) c.verdict = change::worse;
  if (c.ratio < 1 / (1 + c.noise)) c.verdict = change::better;
  return c;
}

std::string fact(const run_file& run, const std::string& key) {
  for (const auto& [name, value] : run.machine) {
    if (name == key) return value;
  }
  return {};
}

std::vector<std::string> doubts_about(const run_file& before, const run_file& after,
                                      const std::vector<std::string>& of) {
  std::vector<std::string> doubts;
  for (const char* key : {"processor", "CPUs", "memory", "kernel", "system"}) {
    const std::string a = fact(before, key);
    const std::string b = fact(after, key);
    if (a != b) doubts.push_back(fmt::format("the machines differ ({}: {} and {})", key, a, b));
  }
  for (const std::string& id : of) {
    const peer_facts* const a = before.peer(id);
    const peer_facts* const b = after.peer(id);
    if (a == nullptr || b == nullptr) continue;
    if (a->compiler != b->compiler) doubts.push_back(fmt::format("{}: {} and {}", id, a->compiler, b->compiler));
    if (a->flags != b->flags) doubts.push_back(fmt::format("{}: flags {} and {}", id, a->flags, b->flags));
    if (a->allocator != b->allocator) doubts.push_back(fmt::format("{}: {} and {}", id, a->allocator, b->allocator));
  }
  return doubts;
}

const char* word(change verdict) {
  switch (verdict) {
    case change::better:
      return "better";
    case change::worse:
      return "WORSE";
    case change::broken:
      return "BROKEN";
    case change::mended:
      return "mended";
    case change::within_noise:
      break;
  }
  return "";
}

std::string row(const compared& c) {
  const std::string cell = fmt::format("{}, {}, {} thread{}", c.workload, c.peer, c.threads, c.threads == 1 ? "" : "s");
  if (c.verdict == change::broken || c.verdict == change::mended) {
    return fmt::format("  {:<48} {:<7} {}\n", cell, word(c.verdict), c.message);
  }
  return fmt::format("  {:<48} {:>10} {:>10} {:>+8.1f} % {:>7.1f} %  {}\n", cell, value_text(c.what, c.before),
                     value_text(c.what, c.after), 100 * (c.ratio - 1), 100 * c.noise, word(c.verdict));
}

}  // namespace

comparison compare(const run_file& before, const run_file& after, const std::vector<std::string>& of) {
  if (before.size != after.size) {
    throw file_error(
        fmt::format("the sizes differ ({} and {}), so nothing can be compared: run both with the same --size",
                    before.size, after.size));
  }
  const figure_table a(before);
  const figure_table b(after);
  comparison all;
  all.doubts = doubts_about(before, after, of);
  for (const workload_facts& w : a.workloads()) {
    for (const unsigned n : a.threads()) {
      for (const std::string& peer : of) {
        if (a.find(w.name, n, peer) == nullptr || b.find(w.name, n, peer) == nullptr) continue;
        all.cells.push_back(compare_cell(a, b, {w.name, n}, peer, of, measure_of(w)));
      }
    }
  }
  if (all.cells.empty()) {
    throw file_error("the two runs have nothing in common of the peers that are compared; --of names others");
  }
  return all;
}

std::string comparison_text(const comparison& all) {
  std::string text;
  for (const std::string& doubt : all.doubts) text += "note: " + doubt + "\n";
  text += fmt::format("  {:<48} {:>10} {:>10} {:>10} {:>9}\n", "", "before", "after", "change", "noise");
  std::size_t better = 0;
  std::size_t worse = 0;
  std::size_t broken = 0;
  std::size_t paired = 0;
  for (const compared& c : all.cells) {
    text += row(c);
    better += c.verdict == change::better ? 1 : 0;
    worse += c.verdict == change::worse ? 1 : 0;
    broken += c.verdict == change::broken ? 1 : 0;
    paired += c.references > 0 ? 1 : 0;
  }
  text += fmt::format("\n{} better, {} worse, {} within the noise", better, worse,
                      all.cells.size() - better - worse - broken);
  if (broken > 0) text += fmt::format(", {} broken", broken);
  text += fmt::format(
      "\n{} of {} against peers that did not change, round by round; of the others, the medians as they are\n", paired,
      all.cells.size());
  return text;
}

}  // namespace bench
