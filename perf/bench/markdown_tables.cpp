#include "bench/builds_of_peers.hpp"
#include "bench/catalogue.hpp"
#include "bench/human.hpp"
#include "bench/markdown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace bench {
namespace {

constexpr double as_good = 1.03;  // within this of the best nobody can tell

std::string head_of(const build_of_peers& build) {
  std::string names = "| | threads |";
  std::string line = "\n|---|---|";
  for (const peer_facts* p : build.peers) {
    names += fmt::format(" {} |", plain_name(*p));
    line += "---|";
  }
  return names + line + "\n";
}

/// The least of those that are no reference.
const figures* best_of(const figure_table& table, const build_of_peers& build, const std::string& workload,
                       unsigned threads, const peer_facts* but = nullptr) {
  const figures* best = nullptr;
  for (const peer_facts* p : build.peers) {
    const figures* const f = table.find(workload, threads, p->id);
    if (p == but || is_reference(p->id) || f == nullptr || !f->good()) continue;
    if (best == nullptr || f->value.median < best->value.median) best = f;
  }
  return best;
}

/// Of a whole program, its time; of the others, what the workload is about.
std::string cell_of(const workload_facts& w, const figures& f) {
  const measure what = measure_of(w);
  return w.kind == "macro" ? time_text(f.value.median * f.items) : value_text(what, f.value.median);
}

std::string row_of(const figure_table& table, const build_of_peers& build, const workload_facts& w, unsigned threads) {
  const figures* const best = best_of(table, build, w.name, threads);
  std::string row = fmt::format("| {} | {} |", entry_of(w.name).title, threads);
  for (const peer_facts* p : build.peers) {
    const figures* const f = table.find(w.name, threads, p->id);
    if (f == nullptr) {
      row += table.why_absent(w.name, p->id).starts_with("no such feature") ? " none |" : " |";
    } else if (!f->good()) {
      row += " failed |";
    } else {
      row += fmt::format(" {0}{1}{0} |", f == best ? "**" : "", cell_of(w, *f));
    }
  }
  return row + "\n";
}

std::string section_of(const figure_table& table, const build_of_peers& build, std::string_view section) {
  std::string rows;
  for (const workload_facts& w : table.workloads()) {
    if (entry_of(w.name).section != section) continue;
    for (const unsigned n : table.threads_of(w.name)) rows += row_of(table, build, w, n);
  }
  return rows.empty() ? "" : fmt::format("#### {}\n\n{}{}\n", section, head_of(build), rows);
}

std::string tails_of(const figure_table& table, const build_of_peers& build) {
  std::string rows;
  for (const workload_facts& w : table.workloads()) {
    if (measure_of(w) != measure::latency) continue;
    const unsigned n = table.threads_of(w.name).back();
    std::string row = fmt::format("| {} | {} |", entry_of(w.name).title, n);
    for (const peer_facts* p : build.peers) {
      const figures* const f = table.find(w.name, n, p->id);
      row += f == nullptr || !f->good() || f->latencies.empty()
                 ? " |"
                 : fmt::format(" {} / {} |", time_text(quantile(f->latencies, 0.99)),
                               time_text(quantile(f->latencies, 0.999)));
    }
    rows += row + "\n";
  }
  return rows.empty() ? "" : fmt::format("#### Latencies: 99 % and 99.9 % are below\n\n{}{}\n", head_of(build), rows);
}

std::string peaks_of(const figure_table& table, const build_of_peers& build) {
  std::string rows;
  for (const workload_facts& w : table.workloads()) {
    if (w.kind != "macro") continue;
    const unsigned n = table.threads_of(w.name).back();
    std::string row = fmt::format("| {} | {} |", entry_of(w.name).title, n);
    for (const peer_facts* p : build.peers) {
      const figures* const f = table.find(w.name, n, p->id);
      row += f == nullptr || !f->peak_bytes ? " |" : fmt::format(" {} |", bytes_text(*f->peak_bytes));
    }
    rows += row + "\n";
  }
  return rows.empty() ? "" : fmt::format("#### Peak memory of whole programs\n\n{}{}\n", head_of(build), rows);
}

std::string losses_of(const figure_table& table, const build_of_peers& build) {
  const peer_facts* const magpie = build.find("magpie");
  std::string rows;
  unsigned all = 0;
  for (const workload_facts& w : table.workloads()) {
    for (const unsigned n : table.threads_of(w.name)) {
      const figures* const own = magpie == nullptr ? nullptr : table.find(w.name, n, magpie->id);
      const figures* const other = best_of(table, build, w.name, n, magpie);
      if (own == nullptr || !own->good() || other == nullptr) continue;
      ++all;
      const spread ratio = paired_ratio(*own, *other, measure_of(w));
      if (ratio.low <= as_good) continue;
      const auto whose = std::find_if(build.peers.begin(), build.peers.end(),
                                      [&](const peer_facts* p) { return table.find(w.name, n, p->id) == other; });
      rows += fmt::format("| {} | {} | {} ({} to {}) | {} |\n", entry_of(w.name).title, n, ratio_text(ratio.median),
                          ratio_text(ratio.low), ratio_text(ratio.high), plain_name(**whose));
    }
  }
  if (rows.empty()) return fmt::format("#### Where magpie loses\n\nIn none of {} rows.\n\n", all);
  return fmt::format(
      "#### Where magpie loses\n\nIn {} of {} rows: how many times the best one's figure, pair by pair.\n\n"
      "| | threads | ratio (quartiles) | best |\n|---|---|---|---|\n{}\n",
      std::count(rows.begin(), rows.end(), '\n'), all, rows);
}

std::string circumstances(const figure_table& table) {
  const run_file& run = table.run();
  std::string text = fmt::format("{}, {} sizes, {} rounds, {:.0f} minutes. {:.1f} % of the samples were set aside.\n\n",
                                 run.started, run.size, run.rounds, run.seconds / 60, 100 * table.set_aside());
  std::vector<double> lines;
  for (const one_run& r : run.runs) {
    if (r.line_ns) lines.push_back(*r.line_ns * 1e-9);
  }
  text += "| | |\n|---|---|\n";
  for (const auto& [key, value] : run.machine) text += fmt::format("| {} | {} |\n", key, value);
  if (!lines.empty()) {
    const spread s = spread_of(lines);
    text += fmt::format("| core to core | {} ({} to {}) |\n", time_text(s.median), time_text(s.low), time_text(s.high));
  }
  std::set<std::string> said;
  for (const peer_facts& p : run.peers) {
    if (!said.insert(plain_name(p)).second) continue;
    text += fmt::format("| {} | {}; {}. {} |\n", plain_name(p), p.version, p.allocator, p.notes);
  }
  return text + "\n";
}

}  // namespace

std::string tables_markdown(const figure_table& table) {
  std::string text = circumstances(table);
  std::vector<std::string_view> sections;
  for (const workload_facts& w : table.workloads()) {
    const std::string_view section = entry_of(w.name).section;
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) sections.push_back(section);
  }
  for (const build_of_peers& build : builds_of(table.run())) {
    text += fmt::format("### {}\n\n", build.version);
    for (const std::string_view section : sections) text += section_of(table, build, section);
    text += tails_of(table, build) + peaks_of(table, build) + losses_of(table, build);
  }
  for (const failure& f : failures_of(table.run())) text += fmt::format("Failed: {}: {}\n\n", f.peer, f.message);
  return text;
}

void write_between_marks(const std::filesystem::path& page, const std::string& name, const std::string& text) {
  std::ifstream in(page);
  std::string all(std::istreambuf_iterator<char>(in), {});
  const std::string begin = fmt::format("<!-- {}: begin -->\n", name);
  const std::string end = fmt::format("<!-- {}: end -->", name);
  const std::size_t from = all.find(begin);
  const std::size_t to = all.find(end);
  if (!in || from == std::string::npos || to == std::string::npos || to < from) {
    throw file_error(fmt::format("{} cannot be read, or has no lines '{}' and '{}' to write between", page.string(),
                                 begin.substr(0, begin.size() - 1), end));
  }
  all.replace(from + begin.size(), to - from - begin.size(), "\n" + text);
  std::ofstream out(page);
  out << all << std::flush;
  if (!out) throw file_error(fmt::format("{} cannot be written", page.string()));
}

}  // namespace bench
