#include <magpie/base/futex.hpp>
#include <magpie/coroutine/deadline_frame.hpp>

#include "tree_report.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <new>
#include <vector>

namespace magpie::detail {
namespace {

struct line {
  enum class content : std::uint8_t { scope, wait };

  content what = content::scope;
  scope_kind kind = scope_kind::plain;
  bool asked_to_stop = false;
  bool blocked = false;  // something in it is
  std::size_t above = 0;
  std::string name;
  const char* waits_for = nullptr;
  std::int64_t since = 0;
  std::int64_t until = no_deadline;
};

/// Copies what it is shown, under locks; it is made text afterwards.
class collector {
 public:
  void enter(scope& s) noexcept {
    line l;
    l.kind = s.kind();
    l.asked_to_stop = (s.marks() & scope::stopped) != 0;
    if (l.kind == scope_kind::deadline) l.until = static_cast<timed_scope&>(s).deadline().time_since_epoch().count();
    const bool named = l.kind == scope_kind::group || l.kind == scope_kind::spawned;
    add(std::move(l), named ? std::string_view(static_cast<named_scope&>(s).name()) : std::string_view());
    ++depth_;
    if (complete_) here_ = lines.size() - 1;
  }
  void leave() noexcept {
    --depth_;
    if (complete_) here_ = lines[here_].above;
  }
  void found(stop_node& n) noexcept {
    const wait_report r = n.report();
    if (r.what == nullptr) return;
    line l;
    l.what = line::content::wait;
    l.waits_for = r.what;
    l.since = r.since;
    l.until = r.until;
    add(std::move(l), r.whose);
    for (std::size_t i = here_; complete_ && !lines[i].blocked; i = lines[i].above) lines[i].blocked = true;
  }

  bool complete() const noexcept { return complete_; }

  std::vector<line> lines;

 private:
  void add(line l, std::string_view name) noexcept {
    if (!complete_) return;
    try {
      l.name = name;
      l.above = here_;
      if (depth_ > 0) l.asked_to_stop |= lines[here_].asked_to_stop;
      lines.push_back(std::move(l));
    } catch (const std::bad_alloc&) {
      complete_ = false;
    }
  }

  std::size_t here_ = 0;  // the line of the innermost scope; the first is its own
  std::size_t depth_ = 0;
  bool complete_ = true;
};

std::string text_of(std::int64_t nanoseconds) {
  struct unit {
    double length;
    const char* name;
  };
  constexpr std::array<unit, 4> units{{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}}};
  const auto n = static_cast<double>(std::max<std::int64_t>(nanoseconds, 0));
  const unit& u = *std::find_if(units.begin(), units.end() - 1, [&](const unit& a) { return n >= a.length; });
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g %s", n / u.length, u.name);
  return text.data();
}

std::string when(std::int64_t time, std::int64_t now) {
  return time > now ? "in " + text_of(time - now) : text_of(now - time) + " ago";
}

std::string quoted(const char* what, const std::string& name) {
  return name.empty() ? what : std::string(what) + " '" + name + "'";
}

std::string text_of(const line& l, std::int64_t now) {
  if (l.what == line::content::wait) {
    std::string text = std::string("waits for ") + l.waits_for;
    if (!l.name.empty()) text += " of '" + l.name + "'";
    text += ", for " + text_of(now - l.since);
    if (l.until != no_deadline) text += ", goes on " + when(l.until, now);
    return text;
  }
  const char* const stop = l.asked_to_stop ? ", asked to stop" : "";
  const char* const state = l.blocked ? ": blocked" : ": runs, or is ready to";
  switch (l.kind) {
    case scope_kind::spawned:
      return quoted("task", l.name) + state + stop;
    case scope_kind::group:
      return quoted("group", l.name) + state + stop;
    case scope_kind::group_body:
      return std::string("body of the group") + stop;
    case scope_kind::deadline:
      return "deadline " + when(l.until, now) + stop;
    case scope_kind::runtime:
    case scope_kind::shield:
    case scope_kind::plain:
      break;
  }
  return std::string("children") + stop;
}

/// Whether it says anything by itself, without something blocked in it.
bool stands_alone(const line& l) noexcept {
  return l.what == line::content::wait || l.kind == scope_kind::spawned || l.kind == scope_kind::group;
}

}  // namespace

std::string describe_tree(scope& root, std::int64_t now, std::uint64_t unfinished) {
  collector seen;
  root.show(seen);
  std::string text;
  std::vector<std::size_t> indent(seen.lines.size());
  std::uint64_t tasks = 0;
  for (std::size_t i = 1; i < seen.lines.size(); ++i) {  // the first is the root
    const line& l = seen.lines[i];
    if (l.what == line::content::scope && l.kind == scope_kind::spawned) ++tasks;
    const bool says_nothing = l.kind == scope_kind::deadline && l.until == no_deadline;
    const bool told = stands_alone(l) || (l.blocked && !says_nothing);
    indent[i] = indent[l.above] + (told && l.above != 0 ? 2 : 0);
    if (told) text.append(indent[i], ' ').append(text_of(l, now)).append("\n");
  }
  if (!seen.complete()) text += "(and more, for which there was no memory)\n";
  if (unfinished > tasks) {
    const std::uint64_t rest = unfinished - tasks;
    text += std::string(tasks != 0 ? "and " : "") + std::to_string(rest) + (rest == 1 ? " task" : " tasks") +
            (tasks != 0 ? " more" : "") + " that no stop must look for: ready to run, running, or suspended by an " +
            "awaiter that is not magpie's\n";
  }
  return text;
}

}  // namespace magpie::detail
