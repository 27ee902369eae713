#include "bench/bars.hpp"
#include "bench/builds_of_peers.hpp"
#include "bench/catalogue.hpp"
#include "bench/human.hpp"
#include "bench/markdown.hpp"

#include <fmt/format.h>

namespace bench {
namespace {

/// What a bar is about: a part of oneTBB's, or the value itself. Nothing, if that was not measured.
std::optional<spread> reached(const figure_table& table, const build_of_peers& build, const bar& b,
                              const peer_facts& peer) {
  const std::string workload(b.workload);
  const figures* const own = table.find(workload, b.threads, peer.id);
  if (own == nullptr || !own->good()) return {};
  if (!b.over_tbb) return own->value;
  const peer_facts* const tbb = build.find("tbb");
  const figures* const to = tbb == nullptr ? nullptr : table.find(workload, b.threads, tbb->id);
  if (to == nullptr || !to->good()) return {};
  return paired_ratio(*own, *to, measure::time);
}

std::string text_of(const bar& b, measure what, double value) {
  return b.over_tbb ? ratio_text(value) : value_text(what, value);
}

std::string best_other(const figure_table& table, const build_of_peers& build, const bar& b, measure what) {
  const peer_facts* best = nullptr;
  double least = 0;
  for (const peer_facts* p : build.peers) {
    if (p == build.find("magpie") || is_reference(p->id) || (b.over_tbb && p == build.find("tbb"))) continue;
    const std::optional<spread> value = reached(table, build, b, *p);
    if (!value || (best != nullptr && value->median >= least)) continue;
    best = p;
    least = value->median;
  }
  return best == nullptr ? "" : fmt::format("{} {}", plain_name(*best), text_of(b, what, least));
}

std::string row_of(const figure_table& table, const build_of_peers& build, const bar& b) {
  const peer_facts* const magpie = build.find("magpie");
  const workload_facts* const facts = table.run().workload(std::string(b.workload));
  const measure what = facts == nullptr ? measure::time : measure_of(*facts);
  const double limit = build.compiler == "clang++" ? b.clang : b.gcc;
  std::string row = fmt::format("| {} | {} | {}{} | ", entry_of(b.workload).title, b.threads, text_of(b, what, limit),
                                b.over_tbb ? " of oneTBB" : "");
  const std::optional<spread> value = magpie == nullptr ? std::nullopt : reached(table, build, b, *magpie);
  if (!value) {
    row += "not measured | | |";
  } else {
    row += fmt::format("**{}** ({} to {}) | {} |", text_of(b, what, value->median), text_of(b, what, value->low),
                       text_of(b, what, value->high),
                       value->median <= limit ? "yes" : fmt::format("no, {:.2f} times", value->median / limit));
  }
  return row + " " + best_other(table, build, b, what) + " |\n";
}

}  // namespace

std::string bars_markdown(const figure_table& table) {
  std::string text;
  for (const build_of_peers& build : builds_of(table.run())) {
    text += fmt::format("**{}**\n\n", build.version);
    text += "| | threads | bar | magpie (quartiles) | met | best of the others |\n|---|---|---|---|---|---|\n";
    for (const bar& b : bars()) text += row_of(table, build, b);
    text += "\n";
  }
  return text;
}

}  // namespace bench
