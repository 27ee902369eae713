#include "bench/catalogue.hpp"
#include "bench/stable_order.hpp"
#include "bench/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>

namespace bench {
namespace {

std::size_t width_of(const std::string& text) {  // of UTF-8
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > width_of(text) ? width - width_of(text) : 0, ' ');
}

const char* word(ending how) {
  switch (how) {
    case ending::wrong:
      return "WRONG";
    case ending::crashed:
      return "CRASHED";
    case ending::too_long:
      return "TOO LONG";
    case ending::nonsense:
      return "NONSENSE";
    case ending::no_such_feature:
    case ending::right:
      break;
  }
  return "-";
}

using row = std::vector<std::string>;

std::string aligned(const std::vector<row>& rows) {
  std::vector<std::size_t> widths;
  for (const row& r : rows) {
    widths.resize(std::max(widths.size(), r.size()));
    for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], width_of(r[i]));
  }
  std::string text;
  for (const row& r : rows) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) line += padded(r[i], widths[i]) + "  ";
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string list_text(const std::vector<runner>& all) {
  std::vector<row> peers;
  std::vector<std::string> names;
  for (const runner& r : all) {
    peers.push_back({r.facts.id, r.facts.name, r.facts.version, r.facts.compiler, r.facts.allocator, r.facts.notes});
    for (const offer& o : r.offers) {
      if (std::find(names.begin(), names.end(), o.facts.name) == names.end()) names.push_back(o.facts.name);
    }
  }
  sort_stably(names, [](const std::string& a, const std::string& b) { return rank_of(a) < rank_of(b); });

  std::vector<row> workloads;
  for (const std::string& name : names) {
    workload_facts facts;
    std::string lacking;
    for (const runner& r : all) {
      const offer* const o = r.find(name);
      if (o != nullptr && o->no_such_feature.empty()) {
        facts = o->facts;
      } else {
        lacking += (lacking.empty() ? "" : ", ") + r.facts.id;
      }
    }
    std::string sizes;
    for (const auto& [size, what] : facts.sizes)
      sizes += fmt::format("{}{}: {}", sizes.empty() ? "" : ", ", size, what);
    workloads.push_back({name, facts.measure, sizes, lacking.empty() ? "" : "not: " + lacking});
  }
  return fmt::format("{} peers\n{}\n{} workloads\n{}", all.size(), aligned(peers), names.size(), aligned(workloads));
}

std::string summary_text(const figure_table& table) {
  std::vector<row> rows;
  row head{"", "threads"};
  for (const peer_facts& p : table.run().peers) head.push_back(p.name);
  rows.push_back(head);
  for (const workload_facts& w : table.workloads()) {
    const measure what = measure_of(w);
    for (const unsigned n : table.threads_of(w.name)) {
      const figures* const best = table.best(w.name, n);
      row r{w.name, std::to_string(n)};
      for (const peer_facts& p : table.run().peers) {
        const figures* const f = table.find(w.name, n, p.id);
        if (f == nullptr) {
          r.push_back("-");
        } else if (!f->good()) {
          r.push_back(word(f->how));
        } else {
          r.push_back(value_text(what, f->value.median) + (f == best ? " *" : ""));
        }
      }
      rows.push_back(std::move(r));
    }
  }
  std::string text = aligned(rows) + "\nMedians; * is the best of its row.";
  text +=
      fmt::format(" {:.1f} % of the samples were set aside, as their threads had no CPU.\n", 100 * table.set_aside());
  for (const failure& f : failures_of(table.run())) {
    text += fmt::format("FAILED: {}: {}: {}\n", f.peer, fmt::join(f.where, ", "), f.message);
  }
  return text;
}

}  // namespace bench
