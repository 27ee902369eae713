#include "random_programs/oracle.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

namespace magpie_test {
namespace {

using kind = possible::kind;

constexpr double for_ever = std::numeric_limits<double>::infinity();
constexpr double slack = 0.1;  // polls move the clock a little
constexpr std::size_t most_listed = 200;
constexpr double a_moment = 0.01;  // a tail that takes no time is one all the same

double sum_of_tails(node& n) {
  double sum = 0;
  for (node& c : n.children) sum += look(c, true).tail;
  return sum;
}
double sum_of_longest(node& n) {
  double sum = 0;
  for (node& c : n.children) sum += look(c, true).longest;
  return sum;
}

bool may_fail(const possibilities& p) {
  return p.unknown || std::any_of(p.all.begin(), p.all.end(), [](const possible& x) { return x.how != kind::value; });
}
double latest(const possibilities& p) {
  if (p.unknown) return for_ever;
  double t = 0;
  for (const possible& x : p.all) t = std::max(t, x.to);
  return t;
}
double earliest(const possibilities& p) {
  if (p.unknown) return 0;
  double t = for_ever;
  for (const possible& x : p.all) t = std::min(t, x.from);
  return t;
}
/// Of a boundary: that a child ended cancelled is an error there.
possible as_error(possible x) {
  if (x.how == kind::ended) {
    x.how = kind::error;
    x.what = error_cancelled;
  }
  return x;
}

/// Ends by this time for sure, and so that others are stopped.
double must_by(const possibilities& p, bool (*counts)(const possible&)) {
  if (p.unknown || p.all.empty() || !std::all_of(p.all.begin(), p.all.end(), counts)) return for_ever;
  return latest(p);
}
bool is_value(const possible& x) { return x.how == kind::value; }
bool is_no_value(const possible& x) { return x.how != kind::value; }
bool is_any(const possible&) { return true; }
bool is_failure_of_group(const possible& x) { return x.how == kind::error && x.what != error_cancelled; }

void add(possibilities& to, possible x) {
  if (to.unknown) return;
  for (possible& y : to.all) {
    if (y.how == x.how && y.what == x.what) {
      y.from = std::min(y.from, x.from);
      y.to = std::max(y.to, x.to);
      return;
    }
  }
  to.all.push_back(x);
  if (to.all.size() > most_listed) to.unknown = true;
}

enum class times : std::uint8_t { one_by_one, at_once };
enum class weights : std::uint8_t { none, by_place };

/// Sums of all children; the first that `stop_at` says ends the sum.
template <class Map>
possibilities sums(node& n, bool disturbed, times t, weights w, Map map) {
  possibilities sum;
  sum.all.push_back({});
  for (std::size_t i = 0; i < n.children.size(); ++i) {
    const possibilities& child = look(n.children[i], disturbed);
    possibilities next;
    next.unknown = sum.unknown || child.unknown;
    for (const possible& s : sum.all) {
      if (s.how != kind::value) {
        add(next, s);
        continue;
      }
      for (const possible& c : child.all) {
        possible x = map(c);
        x.from = t == times::one_by_one ? s.from + c.from : std::max(s.from, c.from);
        x.to = t == times::one_by_one ? s.to + c.to : std::max(s.to, c.to);
        if (x.how == kind::value) x.what = s.what + x.what * (w == weights::by_place ? static_cast<long>(i) + 1 : 1);
        add(next, x);
      }
    }
    sum = std::move(next);
  }
  return sum;
}

possible itself(const possible& x) { return x; }
possible outcome_as_value(const possible& x) {
  possible y = x;
  y.how = kind::value;
  if (x.how == kind::error) y.what = x.what == error_cancelled ? -2 : -1;
  if (x.how == kind::ended) y.what = -2;
  return y;
}

/// As of a gather: all values, or the first failure in time. `any_order`: what runs when is not known.
possibilities all_or_first_failure(node& n, bool d, weights w, bool any_order, bool joins = true) {
  possibilities all = sums(n, d, any_order ? times::one_by_one : times::at_once, w, itself);
  std::erase_if(all.all, is_no_value);
  if (any_order) {
    for (possible& x : all.all) x.from = 0;
  }
  for (std::size_t i = 0; i < n.children.size(); ++i) {
    double others_fail = for_ever;
    double others_tail = 0;
    double others_end = 0;
    for (std::size_t j = 0; j < n.children.size(); ++j) {
      if (i == j) continue;
      others_fail = std::min(others_fail, must_by(look(n.children[j], d), is_no_value));
      others_tail += look(n.children[j], true).tail;
      others_end = std::max(others_end, latest(look(n.children[j], d)));
    }
    for (const possible& c : look(n.children[i], d).all) {
      if (c.how == kind::value) continue;
      if (!any_order && c.from > others_fail + slack) continue;
      possible x = as_error(c);
      x.to = any_order ? for_ever : (joins ? std::min(c.to, others_fail) + others_tail : std::max(c.to, others_end));
      add(all, x);
      if (x.what != error_cancelled || !joins) continue;
      // G7: an error of one that is stopped for it is not lost
      for (std::size_t j = 0; j < n.children.size(); ++j) {
        const possibilities& other = look(n.children[j], true);
        if (i == j || other.tail == 0) continue;
        all.unknown |= other.unknown;
        for (const possible& o : other.all) {
          if (o.how == kind::error) add(all, {kind::error, o.what, x.from, x.to});
        }
      }
    }
  }
  return all;
}

/// The first to finish, or the first with a value; `place` makes a value of it.
template <class Place>
possibilities first_of(node& n, bool d, bool (*wins)(const possible&), Place place) {
  possibilities won;
  for (std::size_t i = 0; i < n.children.size(); ++i) {
    double others = for_ever;
    double tails = 0;
    for (std::size_t j = 0; j < n.children.size(); ++j) {
      if (i == j) continue;
      others = std::min(others, must_by(look(n.children[j], d), wins));
      tails += look(n.children[j], true).tail;
    }
    const possibilities& child = look(n.children[i], d);
    won.unknown |= child.unknown;
    for (const possible& c : child.all) {
      if (!wins(c) || c.from > others + slack) continue;
      possible x = as_error(c);
      if (x.how == kind::value) x.what = place(c.what, static_cast<long>(i));
      x.to = std::min(c.to, others) + tails;
      add(won, x);
    }
  }
  return won;
}

/// One child that is stopped after `at` seconds; then `instead`.
possibilities stopped_at(node& n, bool d, double at, possible instead) {
  const possibilities& child = look(n.children[0], d);
  const possibilities& stopped = look(n.children[0], true);
  possibilities p;
  p.unknown = child.unknown;
  for (const possible& c : child.all) {
    if (c.from > at + slack) continue;
    possible x = as_error(c);
    x.to = std::min(c.to, at + stopped.tail);
    add(p, x);
  }
  if (latest(child) >= at - slack) {
    instead.from = at;
    instead.to = at + stopped.tail;
    add(p, instead);
    if (stopped.tail > 0) {
      p.unknown |= stopped.unknown;
      for (possible c : stopped.all) {
        c = as_error(c);
        c.from = at;
        c.to = at + stopped.tail;
        add(p, c);
      }
    }
  }
  return p;
}

possibilities one(possible x) {
  possibilities p;
  p.all.push_back(x);
  return p;
}
possible value(long what, double t = 0) { return {kind::value, what, t, t}; }
possible error(long what, double t = 0) { return {kind::error, what, t, t}; }

possibilities of_group(node& n, bool d) {
  const bool keep_running = (n.a & 1) != 0;
  const bool limited = (n.a & 2) != 0;
  possibilities p = sums(n, d, limited ? times::one_by_one : times::at_once, weights::by_place,
                         [](const possible& x) { return is_failure_of_group(x) ? x : outcome_as_value(x); });
  bool fails = p.unknown;
  bool d_fails = false;
  double from = for_ever;
  double to = 0;
  for (node& c : n.children) {
    for (const possible& x : look(c, d).all) {
      if (!is_failure_of_group(x)) continue;
      fails = true;
      from = std::min(from, limited ? 0 : x.from);
    }
    d_fails |= look(c, d).unknown;
    to = std::max(to, latest(look(c, d)));
  }
  std::erase_if(p.all, is_no_value);
  if (fails || d_fails) {
    possible x = error(n.number);
    x.from = keep_running && !limited ? 0 : (d_fails ? 0 : from);
    x.to = limited ? for_ever : to + (keep_running ? 0 : sum_of_tails(n));
    add(p, x);
  }
  return p;
}

possibilities of_cancelled_group(node& n, bool d) {
  const double at = n.a * 0.5;
  bool must_fail = false;
  bool may = false;
  for (node& c : n.children) {
    must_fail |= must_by(look(c, d), is_failure_of_group) < at - slack;
    may |= look(c, d).unknown || look(c, true).unknown;
    for (const possible& x : look(c, d).all) may |= is_failure_of_group(x) && x.from <= at + slack;
    if (look(c, true).tail > 0) {
      for (const possible& x : look(c, true).all) may |= is_failure_of_group(x);
    }
  }
  possibilities p;
  if (!must_fail) add(p, {kind::value, 42, at, at + sum_of_tails(n)});
  if (may) add(p, {kind::error, n.number, 0, at + sum_of_tails(n)});
  return p;
}

possibilities of_finally(node& n, bool d) {
  const possibilities& child = look(n.children[0], d);
  const double cleans = n.a / 2;
  possibilities p;
  p.unknown = child.unknown;
  for (const possible& c : child.all) {
    possible x = as_error(c);
    if (n.b != 0) {
      const bool both = c.how == kind::error && c.what != error_cancelled;
      x.how = kind::error;
      x.what = both ? -n.number : n.number;
      // A child that threw task_cancelled: it ended so, or it failed with it.
      if (c.how == kind::error && c.what == error_cancelled)
        add(p, {kind::error, -n.number, c.from + cleans, c.to + cleans});
    }
    x.from += cleans;
    x.to += cleans;
    add(p, x);
  }
  if (d && n.b != 0) add(p, error(n.number));
  return p;
}

possibilities of_spawned_and_cancelled(node& n) {
  const double at = n.a / 2;
  possible cancelled = value(-7, at);
  possibilities p = stopped_at(n, false, at, cancelled);
  possibilities seen;
  seen.unknown = p.unknown;
  for (possible x : p.all) {
    x.from = std::max(x.from, at);
    x.to = std::max(x.to, at);
    if (x.how == kind::error && x.what == error_cancelled) {
      x.how = kind::value;
      x.what = -7;
    }
    add(seen, x);
  }
  return seen;
}

possibilities of_waiting_a_while(node& n) {
  const double at = n.a * 0.5;
  long surely = 0;
  long at_most = 0;
  for (node& c : n.children) {
    const possibilities& p = look(c, false);
    surely += latest(p) < at - slack ? 1 : 0;
    at_most += earliest(p) <= at + slack ? 1 : 0;
  }
  possibilities p;
  for (long k = surely; k <= at_most; ++k) add(p, {kind::value, k, 0, at + sum_of_tails(n)});
  return p;
}

/// What a node adds to what its children are.
possibilities rule(node& n, bool d) {
  const double t = n.a / 2;
  const double at = n.a * 0.5;
  switch (n.what) {
    case call::value:
    case call::yields:
    case call::checkpoints:
      return one(value(n.a));
    case call::sleeps:
      return one(value(n.a, t));
    case call::fails:
      return one(error(n.number, t));
    case call::stops:
      return one({kind::ended, 0, t, t});
    case call::blocks:
    case call::looks_at_token:
      return one(value(3));
    case call::loop:
      return one(n.b != 0 ? error(n.number) : value(n.a * 20L));
    case call::reduction:
      return one(value(n.a * 20L * (n.a * 20L - 1) / 2));
    case call::sorting:
      return one(value(n.a));
    case call::plain_awaits:
      return sums(n, d, times::one_by_one, weights::by_place, itself);
    case call::generates:
      return sums(n, d, times::one_by_one, weights::by_place, as_error);
    case call::event_between:
      return sums(n, d, times::one_by_one, weights::by_place, as_error);
    case call::catches:
      return sums(n, d, times::at_once, weights::none, [](const possible& x) {
        possible y = x;
        if (x.how == kind::error) {
          y.how = kind::value;
          y.what = -1;
        }
        return y;
      });
    case call::outcome:
      return sums(n, d, times::at_once, weights::none, outcome_as_value);
    case call::gathers_two:
    case call::gathers_three:
    case call::gathers_range:
    case call::gathers_handles:
    case call::meets_at_barrier:
    case call::meets_at_latch:
      return all_or_first_failure(n, d, weights::by_place, false);
    case call::gathers_borrowed:
      return all_or_first_failure(n, d, weights::by_place, false, false);
    case call::gathers_limited:
      return all_or_first_failure(n, d, weights::by_place, true);
    case call::pipes:
      return all_or_first_failure(n, d, weights::none, false);
    case call::outcomes_two:
    case call::outcomes_range:
      return sums(n, d, times::at_once, weights::by_place, outcome_as_value);
    case call::outcomes_limited: {
      possibilities p = sums(n, d, times::one_by_one, weights::by_place, outcome_as_value);
      for (possible& x : p.all) x.from = 0;
      return p;
    }
    case call::completes:
    case call::shares:
      return sums(n, n.what == call::completes && d, times::at_once, weights::none, [](const possible& x) {
        possible y = as_error(x);
        if (y.how == kind::value) y.what *= 2;
        return y;
      });
    case call::races_two:
    case call::races_range:
      return first_of(n, d, is_any, [](long v, long i) { return v * 4 + i; });
    case call::waits_any:
      return first_of(n, false, is_any, [](long v, long i) { return v * 4 + i; });
    case call::first_of_two:
    case call::first_of_range: {
      possibilities p = first_of(n, d, is_value, [](long v, long i) { return v * 4 + i; });
      bool all_may_fail = true;
      double from = 0;
      double to = 0;
      for (node& c : n.children) {
        const possibilities& of_child = look(c, d);
        all_may_fail &= may_fail(of_child);
        double child_from = for_ever;
        for (const possible& x : of_child.all) {
          if (is_no_value(x)) child_from = std::min(child_from, x.from);
        }
        from = std::max(from, of_child.unknown ? 0 : child_from);
        to = std::max(to, latest(of_child));
      }
      if (all_may_fail) add(p, {kind::error, n.number, from, to});
      return p;
    }
    case call::waits_all:
    case call::waits_first:
    case call::waits_first_failure:
    case call::streams:
      return sums(n, false, times::at_once, weights::none, outcome_as_value);
    case call::waits_a_while:
      return of_waiting_a_while(n);
    case call::spawns:
      return sums(n, false, times::at_once, weights::none, as_error);
    case call::spawns_and_cancels:
      return of_spawned_and_cancelled(n);
    case call::spawns_and_leaves:
      return one(value(5));
    case call::group:
      return of_group(n, d);
    case call::cancelled_group:
      return of_cancelled_group(n, d);
    case call::timeout:
      if (n.a == 0) return one(error(error_timed_out));
      return stopped_at(n, d, at, error(error_timed_out));
    case call::deadline_scope:
      if (n.a == 0) return one(error(error_timed_out));
      return stopped_at(n, d, at + (n.b != 0 ? 1 : 0), error(error_timed_out));
    case call::shield:
      return sums(n, false, times::at_once, weights::none, as_error);
    case call::shield_with_grace:
      return sums(n, d, times::at_once, weights::none, as_error);
    case call::finally:
      return of_finally(n, d);
    case call::stop_token: {
      if (n.a == 0) return one(error(error_cancelled));
      possibilities p = stopped_at(n, d, at, error(error_cancelled));
      for (possible& x : p.all) {
        if (x.how == kind::value) {
          x.from = std::max(x.from, at);
          x.to = std::max(x.to, at);
        }
      }
      return p;
    }
    case call::locks:
    case call::takes_permit:
    case call::reads_or_writes: {
      possibilities p = sums(n, d, times::at_once, weights::none, itself);
      for (possible& x : p.all) x.to = for_ever;
      return p;
    }
  }
  return {};
}

double longest_of(node& n) {
  if (n.what >= call::locks) return for_ever;
  // Generous: each has its own time, and one of its clean-up or its limit, and one child after the other.
  return 1 + n.a + sum_of_longest(n);
}

double tail_of(node& n) {
  switch (n.what) {
    case call::shield:
      return a_moment + look(n.children[0], true).longest;
    case call::shield_with_grace:
      return a_moment + n.a / 2 + look(n.children[0], true).tail;
    case call::finally:
      return a_moment + n.a / 2 + sum_of_tails(n);
    case call::spawns:
    case call::spawns_and_leaves:
    case call::shares:
    case call::waits_all:
    case call::waits_first:
    case call::waits_first_failure:
    case call::streams:
      return 0;
    default:
      return sum_of_tails(n);
  }
}

bool may_end_otherwise(node& n, bool d) { return look(n, d).unknown || !look(n, d).all.empty(); }

void mark(node& n, bool stopped) {
  n.may_be_stopped = stopped;
  for (std::size_t i = 0; i < n.children.size(); ++i) {
    bool other_fails = false;
    bool other_ends = false;
    for (std::size_t j = 0; j < n.children.size(); ++j) {
      if (i == j) continue;
      other_fails |= may_fail(look(n.children[j], true));
      other_ends |= may_end_otherwise(n.children[j], true);
    }
    bool s = stopped;
    switch (n.what) {
      case call::spawns:
      case call::spawns_and_leaves:
      case call::shares:
      case call::shield:
      case call::waits_all:
      case call::waits_first:
      case call::waits_first_failure:
      case call::streams:
        s = false;
        break;
      case call::gathers_two:
      case call::gathers_three:
      case call::gathers_range:
      case call::gathers_limited:
      case call::gathers_handles:
      case call::meets_at_barrier:
      case call::meets_at_latch:
      case call::pipes:
        s = stopped || other_fails;
        break;
      case call::group:
        s = stopped || (other_fails && (n.a & 1) == 0);
        break;
      case call::races_two:
      case call::races_range:
      case call::first_of_two:
      case call::first_of_range:
        s = stopped || other_ends;
        break;
      case call::waits_any:
      case call::waits_a_while:
      case call::spawns_and_cancels:
      case call::cancelled_group:
      case call::timeout:
      case call::deadline_scope:
      case call::stop_token:
        s = true;
        break;
      default:
        break;
    }
    mark(n.children[i], s);
  }
}

}  // namespace

const possibilities& look(node& n, bool disturbed) {
  std::optional<possibilities>& kept = disturbed ? n.disturbed : n.alone;
  if (!kept) {
    possibilities p = rule(n, disturbed);
    p.longest = disturbed ? longest_of(n) : look(n, true).longest;
    p.tail = disturbed ? tail_of(n) : look(n, true).tail;
    if (disturbed) {
      for (possible& x : p.all) {
        x.from = 0;
        x.to = for_ever;
      }
    }
    kept = std::move(p);
  }
  return *kept;
}

void mark_stops(node& root) { mark(root, false); }

}  // namespace magpie_test
