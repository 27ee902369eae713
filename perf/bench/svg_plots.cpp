#include "bench/human.hpp"
#include "bench/svg_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace bench {
namespace {

constexpr double width = 380;

std::string text_at(double x, double y, const char* classes, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>", x, y, classes, escaped(text));
}

std::string line_from(double x1, double y1, double x2, double y2, const char* classes) {
  return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"{}\"/>", x1, y1, x2, y2,
                     classes);
}

std::string hint(const std::string& text) { return text.empty() ? "" : "<title>" + escaped(text) + "</title>"; }

std::string begin_plot(const std::string& title, double height) {
  return fmt::format("<svg class=\"plot\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">", width, height,
                     escaped(title));
}

/// Not longer than the room for it, by an estimate of how wide letters are.
std::string cut(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 1) + "\u2026";
}

/// One of four shapes, so that colour is not all that tells peers apart.
std::string mark_at(std::size_t peer, double x, double y) {
  switch (peer % 4) {
    case 1:
      return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"6.4\" height=\"6.4\"/>", x - 3.2, y - 3.2);
    case 2:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4 7h-8z\"/>", x, y - 4.4);
    case 3:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l4.4 4.4l-4.4 4.4l-4.4 -4.4z\"/>", x, y - 4.4);
    default:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.6\"/>", x, y);
  }
}

// --- bars ----------------------------------------------------------------------------------------------------------

constexpr double bars_left = 106;
constexpr double bars_right = 268;
constexpr double bar_pitch = 22;
constexpr double bar_height = 12;

plot_scale bar_scale(const std::vector<bar>& bars) {
  double least = std::numeric_limits<double>::max();
  double most = 0;
  for (const bar& b : bars) {
    if (!b.absent.empty()) continue;
    if (b.value > 0) least = std::min(least, b.value);
    most = std::max({most, b.value, std::min(b.high, 1.5 * b.value)});
  }
  if (most > 10 * least) {
    // A bar of the least value is still to be seen.
    return {plot_scale::kind::logarithmic, least / std::pow(most / least, 0.07), most, bars_left, bars_right};
  }
  return {plot_scale::kind::linear, 0, most > 0 ? most : 1, bars_left, bars_right};
}

std::string draw_bar(const bar& b, double top, const plot_scale& x) {
  const double middle = top + bar_pitch / 2;
  std::string out = fmt::format("<g class=\"peer p{}\">{}", b.peer, hint(b.whole_story));
  out += fmt::format("<rect x=\"0\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.0f}\" class=\"hit\"/>", top, width,
                     bar_pitch);
  out += text_at(bars_left - 8, middle + 4, b.peer == 0 ? "label end first" : "label end", cut(b.label, 16));
  if (!b.absent.empty()) {
    return out + text_at(bars_left, middle + 4, b.failed ? "failed" : "absent", b.absent) + "</g>";
  }
  out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.0f}\" rx=\"2\" class=\"bar\"/>",
                     bars_left, middle - bar_height / 2, std::max(1.0, x(b.value) - bars_left), bar_height);
  if (b.high > b.low) {
    out += line_from(x(b.low), middle, x(b.high), middle, "whisker");
    for (const double end : {b.low, b.high}) out += line_from(x(end), middle - 3, x(end), middle + 3, "whisker");
  }
  out += text_at(b.ratio.empty() ? width - 4 : 332, middle + 4, "value end", b.text);
  if (!b.ratio.empty()) out += text_at(width - 4, middle + 4, "ratio end", b.ratio);
  return out + "</g>";
}

// --- lines ---------------------------------------------------------------------------------------------------------

constexpr double line_height = 232;
constexpr double line_left = 58;
constexpr double line_right = 282;
constexpr double line_top = 24;
constexpr double line_bottom = 192;

struct end_label {
  const curve* of;
  double x;
  double wanted;
  double y;
};

/// Labels at the ends of the curves, moved apart so that none hides another.
void move_apart(std::vector<end_label>& labels) {
  constexpr double pitch = 13;
  std::sort(labels.begin(), labels.end(), [](const end_label& a, const end_label& b) { return a.wanted < b.wanted; });
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + pitch);
  double floor = line_bottom + 12;
  for (std::size_t i = labels.size(); i-- > 0; floor -= pitch) {
    labels[i].y = std::min(labels[i].y, floor);
    floor = labels[i].y;
  }
}

struct extent {
  double least = std::numeric_limits<double>::max();
  double most = std::numeric_limits<double>::lowest();
  void add(double value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

std::string draw_curve(const curve& c, const plot_scale& x, const plot_scale& y) {
  if (c.points.empty()) return {};
  std::string path;
  for (const point& p : c.points) {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(p.x), y(p.y));
  }
  if (c.ideal) return fmt::format("<path d=\"{}\" class=\"ideal\"/>", path);
  std::string out = fmt::format("<g class=\"peer p{}\">{}<path d=\"{}\" class=\"line\"/>", c.peer, hint(c.label), path);
  for (const point& p : c.points) {
    if (p.high > p.low) out += line_from(x(p.x), y(p.low), x(p.x), y(p.high), "whisker own");
  }
  out += "<g class=\"marks\">";
  for (const point& p : c.points) {
    if (c.marked) out += mark_at(c.peer, x(p.x), y(p.y));
  }
  return out + "</g></g>";
}

std::string draw_axes(const line_axes& axes, const plot_scale& x, const plot_scale& y) {
  std::string out = text_at(4, 12, "axis", y.logarithmic() ? "log" : "");
  for (const double at : y.ticks(5)) {
    out += line_from(line_left, y(at), line_right, y(at), "grid");
    out += text_at(line_left - 6, y(at) + 4, "tick end", round_text(axes.y_tick(at)));
  }
  for (const tick& t : axes.x_ticks) {
    out += line_from(x(t.at), line_bottom, x(t.at), line_bottom + 4, "grid");
    out += text_at(x(t.at), line_bottom + 17, "tick middle", t.text);
  }
  return out + text_at((line_left + line_right) / 2, line_bottom + 35, "axis middle", axes.x_name);
}

}  // namespace

std::string bar_plot(const std::string& title, const std::vector<bar>& bars, const bar_axis& axis) {
  const plot_scale x = bar_scale(bars);
  const double top = 6;
  const double bottom = top + bar_pitch * static_cast<double>(bars.size());
  std::string out = begin_plot(title, bottom + 38);
  double last = 0;
  for (const double at : x.ticks(4)) {
    out += line_from(x(at), top, x(at), bottom + 3, "grid");
    if (last != 0 && x(at) - last < 42) continue;
    out += text_at(x(at), bottom + 15, "tick middle", round_text(axis.tick(at)));
    last = x(at);
  }
  for (std::size_t i = 0; i < bars.size(); ++i) {
    out += draw_bar(bars[i], top + bar_pitch * static_cast<double>(i), x);
  }
  out +=
      text_at((bars_left + bars_right) / 2, bottom + 32, "axis middle", axis.name + (x.logarithmic() ? " (log)" : ""));
  return out + "</svg>";
}

std::string line_plot(const std::string& title, const std::vector<curve>& curves, const line_axes& axes) {
  extent xs;
  extent ys;
  for (const curve& c : curves) {
    for (const point& p : c.points) {
      xs.add(p.x);
      ys.add(p.y);
    }
  }
  for (const tick& t : axes.x_ticks) xs.add(t.at);
  const bool logarithmic = axes.y_kind == plot_scale::kind::logarithmic;
  if (axes.from_zero && !logarithmic) ys.add(0);
  if (logarithmic) ys = {ys.least / 1.1, ys.most * 1.1};
  const plot_scale x(axes.x_kind, xs.least, xs.most, line_left + 10, line_right - 4);
  const plot_scale y(axes.y_kind, ys.least, ys.most, line_bottom, line_top);

  std::string out = begin_plot(title, line_height) + draw_axes(axes, x, y);
  std::vector<end_label> labels;
  // The first peer is drawn last, so that it lies on top.
  for (std::size_t i = curves.size(); i-- > 0;) {
    out += draw_curve(curves[i], x, y);
    if (curves[i].label.empty() || curves[i].points.empty()) continue;
    const point& end = curves[i].points.back();
    labels.push_back({&curves[i], x(end.x), y(end.y), y(end.y)});
  }
  move_apart(labels);
  for (const end_label& l : labels) {
    out += fmt::format("<g class=\"peer p{}\">", l.of->peer);
    out += line_from(l.x + 5, l.wanted, line_right + 12, l.y, l.of->ideal ? "leader faint" : "leader");
    out += text_at(line_right + 15, l.y + 4,
                   l.of->ideal       ? "axis"
                   : l.of->peer == 0 ? "end-label first"
                                     : "end-label",
                   cut(l.of->label, 13));
    out += "</g>";
  }
  return out + "</svg>";
}

std::string strip_plot(const std::string& title, const std::vector<double>& values,
                       const std::function<std::string(double)>& tick) {
  if (values.empty()) return {};
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const plot_scale x(plot_scale::kind::logarithmic, *least / 1.15, std::max(*most * 1.15, *least * 2), 12, width - 12);
  std::string out = begin_plot(title, 62);
  double last = -100;
  for (const double at : x.ticks(5)) {
    out += line_from(x(at), 6, x(at), 40, "grid");
    if (x(at) - last < 40) continue;
    out += text_at(x(at), 55, "tick middle", round_text(tick(at)));
    last = x(at);
  }
  for (const double value : values) out += line_from(x(value), 10, x(value), 36, "strip");
  return out + "</svg>";
}

}  // namespace bench
