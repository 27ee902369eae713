#include "bench/catalogue.hpp"
#include "bench/human.hpp"
#include "bench/page_style.hpp"
#include "bench/report_page.hpp"
#include "bench/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>

namespace bench {
namespace {

std::string navigation(const page_data& page) {
  std::string out = "<nav aria-label=\"Sections\"><div><a href=\"#glance\">At a glance</a>";
  for (const std::string& section : sections_of(page)) {
    out += fmt::format("<a href=\"#{}\">{}</a>", anchor_of(section), escaped(section));
  }
  return out + "<a href=\"#reading\">How to read this</a></div></nav>\n";
}

/// Check boxes that fade a peer in all plots; the style sheet does it.
std::string chooser(const page_data& page) {
  std::string out = "<fieldset><legend>Show</legend>";
  for (const page_peer& p : page.peers) {
    out += fmt::format(
        "<label class=\"chip p{0}\"><input type=\"checkbox\" id=\"show-{0}\" checked> {1} <small>{2}</small></label>",
        p.place, escaped(p.facts->name), escaped(p.facts->version));
  }
  return out + "</fieldset>\n";
}

constexpr const char* reading = R"html(<h2 id="reading">How to read this</h2>
<div class="card">
<p>Each peer is a program of its own. A round runs every workload on every peer once, one process after another; the next
round goes the other way. Each process warms up with one whole run, measures, and compares its result with the serial one.</p>
<p>Figures are medians; whiskers and brackets are the quartiles. Ratios are taken between runs of the same round, and then the
median is taken. Samples whose threads waited for a CPU for more than 2&nbsp;% of their time are set aside; where too few are
left, the quietest count, and the table says so.</p>
<p>Lower is better everywhere but in the speed-up. <em>Serial</em> is the same work without a scheduler: a reference, not a
contestant. The speed-up of a peer is over its own run on one thread.</p>
</div>
)html";

}  // namespace

std::string anchor_of(const std::string& name) {
  std::string anchor;
  for (const char c : name) {
    anchor += std::isalnum(static_cast<unsigned char>(c)) != 0
                  ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                  : '-';
  }
  return anchor;
}

std::string threads_text(unsigned threads) { return threads == 1 ? "1 thread" : fmt::format("{} threads", threads); }

page_data data_of(const figure_table& table) {
  page_data page{table, {}};
  for (const peer_facts& p : table.run().peers) page.peers.push_back({page.peers.size(), &p, is_reference(p.id)});
  return page;
}

std::vector<std::string> sections_of(const page_data& page) {
  std::vector<std::string> sections;
  for (const workload_facts& w : page.table.workloads()) {
    const std::string section(entry_of(w.name).section);
    if (std::find(sections.begin(), sections.end(), section) == sections.end()) sections.push_back(section);
  }
  return sections;
}

std::string report_page(const run_file& run) {
  const figure_table table(run);
  const page_data page = data_of(table);
  std::string style = page_style(page.peers.size());
  for (const page_peer& p : page.peers) {
    if (p.reference) style += fmt::format(".p{}{{--c:var(--grey)}}\n", p.place);
  }

  std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n";
  // The browser itself sees to it that nothing is fetched and no script runs.
  out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
         "img-src data:\">\n";
  out += "<link rel=\"icon\" href=\"data:,\">\n<title>Scheduler benchmark</title>\n<style>" + style +
         "</style>\n</head>\n<body>\n";
  out +=
      "<div class=\"top\">" + verdict_part(page) + failures_part(page) + facts_part(page) + chooser(page) + "</div>\n";
  out += navigation(page);
  out += "<main>\n" + glance_part(page) + figures_part(page) + reading + "</main>\n";
  out += "<footer>Drawn by magpie-bench from run.json, which lies beside this page and holds every sample.</footer>\n";
  return out + "</body>\n</html>\n";
}

void write_report(const run_file& run, const std::filesystem::path& page) {
  std::ofstream file(page, std::ios::trunc);
  file << report_page(run);
  file.close();
  if (!file) throw file_error(page.string() + " cannot be written: is the disk full?");
}

}  // namespace bench
