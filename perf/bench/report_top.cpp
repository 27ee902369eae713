#include "bench/builds_of_peers.hpp"
#include "bench/catalogue.hpp"
#include "bench/human.hpp"
#include "bench/report_parts.hpp"
#include "bench/svg_plots.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace bench {
namespace {

constexpr double as_good = 1.03;  // within this of the best, by the lower quartile: nobody can tell

struct standing {
  unsigned rows = 0;
  unsigned first = 0;
  unsigned level = 0;
  std::vector<std::pair<double, std::string>> behind;
  std::vector<double> lead;  ///< the best of the others over this peer
};

/// How a peer stands among the others of its compiler, on so many threads.
standing standing_of(const page_data& page, const peer_facts& peer, unsigned threads) {
  standing s;
  const std::string& id = peer.id;
  for (const workload_facts& w : page.table.workloads()) {
    const measure what = measure_of(w);
    const figures* const own = page.table.find(w.name, threads, id);
    const figures* best_other = nullptr;
    for (const page_peer& p : page.peers) {
      const figures* const f = page.table.find(w.name, threads, p.facts->id);
      if (p.reference || p.facts->id == id || !are_of_one_build(peer, *p.facts)) continue;
      if (f == nullptr || !f->good()) continue;
      if (best_other == nullptr || f->value.median < best_other->value.median) best_other = f;
    }
    if (own == nullptr || !own->good() || best_other == nullptr) continue;
    const spread ratio = paired_ratio(*own, *best_other, what);
    ++s.rows;
    s.lead.push_back(ratio.median);
    if (ratio.median <= 1) {
      ++s.first;
    } else if (ratio.low <= as_good) {
      ++s.level;
    } else {
      s.behind.emplace_back(ratio.median, w.name);
    }
  }
  std::sort(s.behind.rbegin(), s.behind.rend());
  return s;
}

std::string tile(const std::string& figure, const std::string& what) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", figure, what);
}

std::string term(const std::string& key, const std::string& value) {
  return value.empty() ? "" : fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(key), escaped(value));
}

/// What most peers have in common is said once.
std::string common(const page_data& page, std::string peer_facts::* of) {
  std::map<std::string, unsigned> counts;
  for (const page_peer& p : page.peers) {
    if (!(p.facts->*of).empty()) ++counts[p.facts->*of];
  }
  std::string most;
  for (const auto& [value, count] : counts) {
    if (most.empty() || count > counts[most]) most = value;
  }
  if (counts.size() > 1 && counts[most] < page.peers.size() - 3) {
    std::string groups;
    for (const auto& [value, count] : counts) {
      groups += fmt::format("{}{} ({} peers)", groups.empty() ? "" : ", ", value, count);
    }
    return groups;
  }
  if (counts.size() > 1) {
    std::string others;
    for (const page_peer& p : page.peers) {
      if (p.facts->*of != most) others += (others.empty() ? "" : ", ") + p.facts->name + ": " + p.facts->*of;
    }
    most += " (but " + others + ")";
  }
  return most;
}

std::string peers_table(const page_data& page) {
  std::string out = "<details><summary>Peers, their versions and how they were built</summary><div "
                    "class=\"scroll\"><table><thead><tr>"
                    "<th class=\"text\">Peer<th class=\"text\">Version<th class=\"text\">Compiler<th "
                    "class=\"text\">Flags<th class=\"text\">Allocator"
                    "<th class=\"text\">Notes</tr></thead><tbody>";
  for (const page_peer& p : page.peers) {
    const peer_facts& f = *p.facts;
    out += fmt::format(
        "<tr><td class=\"text\">{}<td class=\"text\">{}<td class=\"text\">{}<td class=\"text\"><code>{}</code>"
        "<td class=\"text\">{}<td class=\"text wrap\">{}</tr>",
        escaped(f.name), escaped(f.version), escaped(f.compiler), escaped(f.flags), escaped(f.allocator),
        escaped(f.notes));
  }
  return out + "</tbody></table></div></details>\n";
}

std::string noise_card(const page_data& page) {
  std::vector<double> lines;
  std::size_t noisy = 0;
  std::size_t cells = 0;
  for (const one_run& r : page.table.run().runs) {
    if (r.line_ns) lines.push_back(*r.line_ns * 1e-9);
  }
  for (const workload_facts& w : page.table.workloads()) {
    for (const unsigned n : page.table.threads()) {
      for (const page_peer& p : page.peers) {
        const figures* const f = page.table.find(w.name, n, p.facts->id);
        if (f == nullptr || !f->good()) continue;
        ++cells;
        noisy += f->noisy ? 1 : 0;
      }
    }
  }
  std::string out = "<div class=\"card\"><h3>Noise</h3><dl>";
  out += term("samples set aside", fmt::format("{:.1f} %", 100 * page.table.set_aside()));
  out += term("noisy cells", fmt::format("{} of {}: too few quiet samples, the quietest count", noisy, cells));
  if (lines.empty()) return out + "</dl></div>\n";
  const spread s = spread_of(lines);
  out += term("core to core", fmt::format("{} ({} to {}), {} probes", time_text(s.median), time_text(s.low),
                                          time_text(s.high), s.count));
  out += "</dl><figure style=\"margin:.7rem 0 0\"><figcaption>Core-to-core latency, beside each run of several "
         "threads</figcaption>";
  return out + strip_plot("Core-to-core latency of each probe", lines, time_text) + "</figure></div>\n";
}

/// In words, and in figures that are added to the tiles.
std::string verdict_of(const page_data& page, const peer_facts& own, std::string& tiles) {
  std::string words;
  for (const unsigned n : page.table.threads()) {
    const standing s = standing_of(page, own, n);
    if (s.rows == 0) continue;
    const std::string level = s.level == 0 ? "" : fmt::format("; level with the best in {} more", s.level);
    tiles += tile(fmt::format("{} of {}", s.first, s.rows),
                  fmt::format("workloads with {} in front on {}{}", escaped(own.name), threads_text(n), level));
    tiles += tile(ratio_text(spread_of(s.lead).median) + "\u00d7",
                  fmt::format("the best of the others, in the median workload on {}", threads_text(n)));
    if (n != page.table.threads().back()) continue;
    words = fmt::format("On {}, <strong>{}</strong> is in front in {} of {} workloads{}.", threads_text(n),
                        escaped(own.name), s.first, s.rows, level);
    if (s.behind.empty()) continue;
    words += " It is behind in ";
    for (std::size_t i = 0; i < s.behind.size() && i < 4; ++i) {
      words += fmt::format("{}<a href=\"#{}\">{}</a> ({}\u00d7)", i == 0 ? "" : ", ", anchor_of(s.behind[i].second),
                           escaped(entry_of(s.behind[i].second).title), ratio_text(s.behind[i].first));
    }
    words += s.behind.size() > 4 ? fmt::format(" and {} more.", s.behind.size() - 4) : ".";
  }
  return words.empty() ? "" : "<p class=\"verdict\">" + words + "</p>";
}

}  // namespace

std::string verdict_part(const page_data& page) {
  const run_file& run = page.table.run();
  std::string out =
      fmt::format("<p class=\"eyebrow\">{} &middot; {} sizes &middot; {} rounds &middot; {}</p>", escaped(run.started),
                  escaped(run.size), run.rounds,
                  run.seconds < 100 ? time_text(run.seconds) : fmt::format("{:.0f} min", run.seconds / 60));
  out += "<h1>Scheduler benchmark</h1>";
  if (run.interrupted)
    out += "<p class=\"verdict\"><strong>Interrupted.</strong> What was measured until then is shown.</p>";
  std::string tiles;
  for (const page_peer& p : page.peers) {
    if (p.facts->id.starts_with("magpie")) out += verdict_of(page, *p.facts, tiles);
  }
  return tiles.empty() ? out : out + "<div class=\"tiles\">" + tiles + "</div>\n";
}

std::string facts_part(const page_data& page) {
  std::string out = "<div class=\"facts\"><div class=\"card\"><h3>Machine</h3><dl>";
  for (const auto& [key, value] : page.table.run().machine) out += term(key, value);
  out += "</dl></div>\n<div class=\"card\"><h3>Build</h3><dl>";
  out += term("compiler", common(page, &peer_facts::compiler));
  out += term("flags", common(page, &peer_facts::flags));
  out += term("allocator", common(page, &peer_facts::allocator));
  out += "</dl></div>\n";
  return out + noise_card(page) + "</div>\n" + peers_table(page);
}

std::string failures_part(const page_data& page) {
  const std::vector<failure> failures = failures_of(page.table.run());
  std::string left_out;
  std::set<std::string> said;
  for (const absence& a : page.table.run().left_out) {
    const std::string item =
        fmt::format("<li>{}{}{}: {}</li>", escaped(a.workload), a.workload.empty() || a.peer.empty() ? "" : ", ",
                    escaped(a.peer), escaped(a.why));
    if (said.insert(item).second) left_out += item;
  }
  std::string out;
  if (!failures.empty()) {
    out += "<div class=\"alarm\" role=\"alert\"><strong>Some runs failed</strong><ul>";
    for (const failure& f : failures) {
      out += fmt::format("<li><strong>{}</strong>: {} <span class=\"soft\">in {}</span></li>", escaped(f.peer),
                         escaped(f.message), escaped(fmt::format("{}", fmt::join(f.where, ", "))));
    }
    out += "</ul></div>\n";
  }
  if (!left_out.empty()) {
    out += fmt::format("<details><summary>{} left out</summary><ul>{}</ul></details>\n", said.size(), left_out);
  }
  return out;
}

}  // namespace bench
