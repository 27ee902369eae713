#include "bench/catalogue.hpp"
#include "bench/human.hpp"
#include "bench/report_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bench {
namespace {

constexpr double near_best = 1.1;
constexpr double hottest = 50;  // this many times the best is as warm as a cell gets

const char* short_word(ending how) {
  switch (how) {
    case ending::wrong:
      return "wrong";
    case ending::crashed:
      return "crash";
    case ending::too_long:
      return "too long";
    case ending::nonsense:
      return "no answer";
    case ending::no_such_feature:
    case ending::right:
      break;
  }
  return "\u2013";
}

std::string matrix_cell(const page_data& page, const workload_facts& w, unsigned threads, const page_peer& p) {
  const figures* const best = page.table.best(w.name, threads);
  const figures* f = page.table.find(w.name, threads, p.facts->id);
  if (f == nullptr && p.reference)
    f = page.table.find(w.name, 1, p.facts->id);  // it has one thread, and stands beside all
  const std::string where = fmt::format("{}, {}, {}", entry_of(w.name).title, p.facts->name, threads_text(threads));
  if (f == nullptr) {
    const std::string why = page.table.why_absent(w.name, p.facts->id);
    return fmt::format("<td class=\"none\" title=\"{}: {}\">{}</td>", escaped(where),
                       escaped(why.empty() ? "not run" : why), why.starts_with("no such") ? "none" : "\u2013");
  }
  if (!f->good()) {
    return fmt::format("<td class=\"bad\" title=\"{}: {}\">{}</td>", escaped(where), escaped(f->message),
                       short_word(f->how));
  }
  const measure what = measure_of(w);
  const double ratio = best == nullptr ? 1 : paired_ratio(*f, *best, what).median;
  const double heat = std::clamp(std::log(std::max(ratio, 1.0)) / std::log(hottest), 0.0, 1.0);
  const char* const kind = p.reference ? "ref" : f == best ? "win" : ratio <= near_best ? "near" : "";
  return fmt::format("<td class=\"{}\" style=\"--h:{:.0f}\" title=\"{}: {}\">{}</td>", kind, 78 * heat, escaped(where),
                     escaped(value_text(what, f->value.median)), ratio_text(ratio));
}

std::string matrix(const page_data& page, unsigned threads) {
  std::string out = "<div class=\"scroll\"><table class=\"matrix\"><thead><tr><th scope=\"col\"></th>";
  for (const page_peer& p : page.peers) out += fmt::format("<th scope=\"col\">{}</th>", escaped(p.facts->name));
  out += "</tr></thead><tbody>";
  std::string section;
  for (const workload_facts& w : page.table.workloads()) {
    const std::vector<unsigned> has = page.table.threads_of(w.name);
    if (std::find(has.begin(), has.end(), threads) == has.end()) continue;
    const entry e = entry_of(w.name);
    if (e.section != section) {
      section = e.section;
      out +=
          fmt::format("<tr class=\"group\"><th colspan=\"{}\">{}</th></tr>", page.peers.size() + 1, escaped(section));
    }
    out += fmt::format("<tr><th scope=\"row\"><a href=\"#{}\">{}</a></th>", anchor_of(w.name), escaped(e.title));
    for (const page_peer& p : page.peers) out += matrix_cell(page, w, threads, p);
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

}  // namespace

std::string glance_part(const page_data& page) {
  std::string out =
      "<h2 id=\"glance\">At a glance</h2>\n<p class=\"soft\">How many times the best of its row each peer takes.</p>\n";
  out += "<div class=\"key\"><span><i style=\"background:var(--accent)\"></i>the best</span>"
         "<span><i style=\"background:color-mix(in oklab,var(--accent) 24%,var(--card))\"></i>within 10&nbsp;%</span>"
         "<span><i style=\"background:color-mix(in oklab,var(--warm) 30%,var(--grid))\"></i>3 times</span>"
         "<span><i style=\"background:color-mix(in oklab,var(--warm) 78%,var(--grid))\"></i>50 times or more</span>"
         "<span><em>none</em>: no such feature</span></div>\n";
  out += "<div class=\"glances\">";
  for (auto n = page.table.threads().rbegin(); n != page.table.threads().rend(); ++n) {
    out += fmt::format("<div class=\"card figure\"><h3>{}</h3>{}</div>\n", threads_text(*n), matrix(page, *n));
  }
  return out + "</div>\n";
}

}  // namespace bench
