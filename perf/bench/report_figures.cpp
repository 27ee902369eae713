#include "bench/catalogue.hpp"
#include "bench/human.hpp"
#include "bench/report_parts.hpp"
#include "bench/stable_order.hpp"
#include "bench/svg_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bench {
namespace {

const char* word(ending how) {
  switch (how) {
    case ending::wrong:
      return "wrong result";
    case ending::crashed:
      return "crashed";
    case ending::too_long:
      return "took too long";
    case ending::nonsense:
      return "no answer that makes sense";
    case ending::no_such_feature:
    case ending::right:
      break;
  }
  return "no such feature";
}

/// A workload's figures of all peers, as plots and as a table.
class workload_card {
 public:
  workload_card(const page_data& page, const workload_facts& w)
      : page_(page), w_(w), what_(measure_of(w)), entry_(entry_of(w.name)), threads_(page.table.threads_of(w.name)) {}

  std::string html() const {
    std::string plots;
    for (auto n = threads_.rbegin(); n != threads_.rend(); ++n) plots += bars(*n);
    if (what_ == measure::latency) {
      for (auto n = threads_.rbegin(); n != threads_.rend(); ++n) plots += percentiles(*n);
    }
    if (what_ == measure::time && threads_.size() > 1) plots += against_threads() + speed_up();
    if (what_ == measure::time && has_memory()) plots += memory_bars(threads_.back());
    return fmt::format(
        "<section class=\"card figure\" id=\"{}\"><header><h3>{}</h3><code>{}{}</code></header><p class=\"soft\">{}</p>"
        "<div class=\"plots\">{}</div>{}</section>\n",
        anchor_of(w_.name), escaped(entry_.title), escaped(w_.name), escaped(size_text()), escaped(entry_.what), plots,
        table());
  }

 private:
  std::string size_text() const {
    const auto found = w_.sizes.find(page_.table.run().size);
    return found == w_.sizes.end() || found->second.empty() ? "" : ": " + found->second;
  }

  const figures* find(unsigned threads, const page_peer& p) const {
    return page_.table.find(w_.name, threads, p.facts->id);
  }

  std::string figure(const std::string& caption, const std::string& svg) const {
    return fmt::format("<figure><figcaption>{}</figcaption>{}</figure>", escaped(caption), svg);
  }

  std::string title(const std::string& what) const { return fmt::format("{}: {}", entry_.title, what); }

  /// The reference has one thread only; it stands beside all.
  std::pair<const figures*, unsigned> shown(unsigned threads, const page_peer& p) const {
    const figures* const f = find(threads, p);
    if (f != nullptr || !p.reference) return {f, threads};
    return {find(1, p), 1};
  }

  bar bar_of(unsigned threads, const page_peer& p) const {
    const auto [f, n] = shown(threads, p);
    bar b;
    b.peer = p.place;
    b.label = p.facts->name;
    if (f == nullptr) {
      const std::string why = page_.table.why_absent(w_.name, p.facts->id);
      b.absent = why.starts_with("no such") ? "no such feature" : "not run";
      b.whole_story = p.facts->name + ": " + (why.empty() ? "not run on " + threads_text(threads) : why);
      return b;
    }
    if (!f->good()) {
      b.absent = word(f->how);
      b.failed = true;
      b.whole_story = p.facts->name + ": " + f->message;
      return b;
    }
    b.value = f->value.median;
    b.low = f->value.low;
    b.high = f->value.high;
    b.text = value_text(what_, b.value);
    const figures* const best = page_.table.best(w_.name, threads);
    if (best != nullptr && what_ != measure::idle_cpu && what_ != measure::busy_cpu) {
      b.ratio = ratio_text(paired_ratio(*f, *best, what_).median) + "\u00d7";
    }
    b.whole_story = fmt::format("{}, {}: {} ({} to {})", p.facts->name, threads_text(n), b.text,
                                value_text(what_, b.low), value_text(what_, b.high));
    return b;
  }

  static void best_first(std::vector<bar>& bars) {
    sort_stably(bars, [](const bar& a, const bar& b) {
      if (a.absent.empty() != b.absent.empty()) return a.absent.empty();
      if (a.failed != b.failed) return a.failed;
      return a.absent.empty() && a.value < b.value;
    });
  }

  std::string bars(unsigned threads) const {
    std::vector<bar> all;
    all.reserve(page_.peers.size());
    for (const page_peer& p : page_.peers) all.push_back(bar_of(threads, p));
    best_first(all);
    const std::string what = fmt::format("{}, {}", value_name(what_, w_.unit), threads_text(threads));
    return figure(what,
                  bar_plot(title(what), all, {"lower is better", [this](double v) { return value_text(what_, v); }}));
  }

  bool has_memory() const {
    return std::any_of(page_.peers.begin(), page_.peers.end(), [&](const page_peer& p) {
      const figures* const f = find(threads_.back(), p);
      return f != nullptr && f->good() && f->peak_bytes && !p.reference;
    });
  }

  std::string memory_bars(unsigned threads) const {
    std::vector<bar> all;
    for (const page_peer& p : page_.peers) {
      const figures* const f = shown(threads, p).first;
      if (f == nullptr || !f->good() || !f->peak_bytes) continue;
      bar b;
      b.peer = p.place;
      b.label = p.facts->name;
      b.value = std::max(*f->peak_bytes, 4096.0);
      b.text = bytes_text(*f->peak_bytes);
      b.whole_story = p.facts->name + ": " + b.text;
      all.push_back(std::move(b));
    }
    best_first(all);
    const std::string what = "peak memory, " + threads_text(threads);
    return figure(what, bar_plot(title(what), all, {"lower is better", bytes_text}));
  }

  line_axes thread_axes() const {
    line_axes axes;
    axes.x_name = "threads";
    axes.x_kind = threads_.back() > 8 ? plot_scale::kind::logarithmic : plot_scale::kind::linear;
    for (const unsigned n : threads_) axes.x_ticks.push_back({static_cast<double>(n), std::to_string(n)});
    return axes;
  }

  std::string against_threads() const {
    std::vector<curve> curves;
    double least = 1e300;
    double most = 0;
    for (const page_peer& p : page_.peers) {
      if (p.reference) continue;
      curve c{.peer = p.place, .label = p.facts->name, .points = {}};
      for (const unsigned n : threads_) {
        const figures* const f = find(n, p);
        if (f == nullptr || !f->good()) continue;
        c.points.push_back({static_cast<double>(n), f->value.median, f->value.low, f->value.high});
        least = std::min(least, f->value.median);
        most = std::max(most, f->value.median);
      }
      if (!c.points.empty()) curves.push_back(std::move(c));
    }
    line_axes axes = thread_axes();
    axes.y_tick = time_text;
    axes.from_zero = true;
    if (most > 5 * least || threads_.back() > 8) axes.y_kind = plot_scale::kind::logarithmic;
    const std::string what = value_name(what_, w_.unit) + " against threads";
    return figure(what, line_plot(title(what), curves, axes));
  }

  std::string speed_up() const {
    std::vector<curve> curves;
    for (const page_peer& p : page_.peers) {
      const figures* const one = find(1, p);
      if (p.reference || one == nullptr || !one->good()) continue;
      curve c{.peer = p.place, .label = p.facts->name, .points = {}};
      for (const unsigned n : threads_) {
        const figures* const f = find(n, p);
        if (f == nullptr || !f->good()) continue;
        const spread s = n == 1 ? spread{1, 1, 1, 1} : paired_ratio(*one, *f, what_);
        c.points.push_back({static_cast<double>(n), s.median, s.low, s.high});
      }
      if (c.points.size() > 1) curves.push_back(std::move(c));
    }
    if (curves.empty()) return {};
    const auto most = static_cast<double>(threads_.back());
    curves.push_back({.peer = 0, .label = "ideal", .points = {{1, 1, 1, 1}, {most, most, most, most}}, .ideal = true});
    line_axes axes = thread_axes();
    axes.y_tick = ratio_text;
    axes.from_zero = true;
    axes.y_kind = axes.x_kind;
    return figure("speed-up over one thread (higher is better)",
                  line_plot(title("speed-up against threads"), curves, axes));
  }

  std::string percentiles(unsigned threads) const {
    const auto nines = [](double part) { return -std::log10(1 - part); };
    std::vector<curve> curves;
    double least = 1e300;
    double most = 0;
    for (const page_peer& p : page_.peers) {
      const figures* const f = find(threads, p);
      if (f == nullptr || !f->good() || f->latencies.empty()) continue;
      curve c{.peer = p.place, .label = p.facts->name, .points = {}, .marked = false};
      // As far as there are observations: the curve of a hundred ends at 99 %.
      const double last = std::min(3.0, std::log10(static_cast<double>(f->latencies.size())));
      constexpr int steps = 60;
      for (int i = 0; i <= steps; ++i) {
        const double x = last * i / steps;
        const double y = std::max(quantile(f->latencies, 1 - std::pow(10, -x)), 1e-9);
        c.points.push_back({x, y, y, y});
        least = std::min(least, y);
        most = std::max(most, y);
      }
      curves.push_back(std::move(c));
    }
    if (curves.empty()) return {};
    line_axes axes;
    axes.x_name = "of all runs, this part was faster";
    axes.x_ticks = {{0, "0"}, {nines(0.5), "50 %"}, {1, "90 %"}, {2, "99 %"}, {3, "99.9 %"}};
    axes.y_kind = most > 5 * least ? plot_scale::kind::logarithmic : plot_scale::kind::linear;
    axes.from_zero = true;
    axes.y_tick = time_text;
    const std::string what = "latency by percentile, " + threads_text(threads);
    return figure(what, line_plot(title(what), curves, axes));
  }

  std::string head_row() const {
    std::string out =
        fmt::format("<tr><th class=\"text\">Peer<th>Threads<th>{}<th>quartiles<th>\u00d7 best<th>quartiles",
                    escaped(value_name(what_, w_.unit)));
    if (what_ == measure::latency) out += "<th>p50<th>p90<th>p99<th>p99.9<th>worst<th>observations";
    if (what_ == measure::time) out += "<th>processor time<th>peak memory";
    return out + "<th>samples<th>set aside</tr>";
  }

  std::string good_row(const page_peer& p, unsigned threads, const figures& f) const {
    const figures* const best = page_.table.best(w_.name, threads);
    std::string out =
        fmt::format("<tr class=\"p{}{}\"><td class=\"text\">{}<td>{}<td>{}<td>{} to {}", p.place,
                    &f == best ? " best" : "", escaped(p.facts->name), threads, value_text(what_, f.value.median),
                    value_text(what_, f.value.low), value_text(what_, f.value.high));
    if (best == nullptr) {
      out += "<td><td>";
    } else {
      const spread r = paired_ratio(f, *best, what_);
      out += fmt::format("<td>{}<td>{} to {}", ratio_text(r.median), ratio_text(r.low), ratio_text(r.high));
    }
    if (what_ == measure::latency) {
      for (const double part : {0.5, 0.9, 0.99, 0.999, 1.0}) {
        const bool known = part == 1 || static_cast<double>(f.latencies.size()) * (1 - part) >= 0.999;
        out += known && !f.latencies.empty() ? "<td>" + time_text(quantile(f.latencies, part))
                                             : "<td class=\"none\">too few";
      }
      out += "<td>" + count_text(static_cast<double>(f.latencies.size()));
    }
    if (what_ == measure::time) {
      out += fmt::format("<td>{}<td>{}", time_text(f.cpu.median), f.peak_bytes ? bytes_text(*f.peak_bytes) : "");
    }
    return out + fmt::format("<td>{}<td>{}{}</tr>", f.taken, f.set_aside, f.noisy ? ", noisy" : "");
  }

  std::string table() const {
    std::string out = fmt::format(
        "<details><summary>All figures of {}</summary><div class=\"scroll\"><table><thead>{}</thead><tbody>",
        escaped(entry_.title), head_row());
    for (const unsigned n : threads_) {
      for (const page_peer& p : page_.peers) {
        const figures* const f = find(n, p);
        if (f != nullptr && f->good()) {
          out += good_row(p, n, *f);
        } else if (f != nullptr) {
          out += fmt::format(
              "<tr class=\"p{}\"><td class=\"text\">{}<td>{}<td class=\"text bad\" colspan=\"12\">{}: {}</tr>", p.place,
              escaped(p.facts->name), n, word(f->how), escaped(f->message));
        } else {
          const std::string why = page_.table.why_absent(w_.name, p.facts->id);
          out += fmt::format(
              "<tr class=\"p{}\"><td class=\"text\">{}<td>{}<td class=\"text none\" colspan=\"12\">{}</tr>", p.place,
              escaped(p.facts->name), n, escaped(why.empty() ? "not run on " + threads_text(n) : why));
        }
      }
    }
    return out + "</tbody></table></div></details>";
  }

  const page_data& page_;
  const workload_facts& w_;
  measure what_;
  entry entry_;
  std::vector<unsigned> threads_;
};

}  // namespace

std::string figures_part(const page_data& page) {
  std::string out;
  std::string section;
  for (const workload_facts& w : page.table.workloads()) {
    const std::string its(entry_of(w.name).section);
    if (its != section) {
      section = its;
      out += fmt::format("<h2 id=\"{}\">{}</h2>\n", anchor_of(section), escaped(section));
    }
    out += workload_card(page, w).html();
  }
  return out;
}

}  // namespace bench
