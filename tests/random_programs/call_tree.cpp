#include "random_programs/call_tree.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

namespace magpie_test {
namespace {

constexpr int leaves = static_cast<int>(call::sorting) + 1;

struct shape {
  const char* name;
  int least;  // children
  int most;
};
constexpr std::array<shape, calls> shapes{{
    {"value", 0, 0},
    {"yields", 0, 0},
    {"sleeps", 0, 0},
    {"checkpoints", 0, 0},
    {"fails", 0, 0},
    {"stops", 0, 0},
    {"blocks", 0, 0},
    {"looks_at_token", 0, 0},
    {"loop", 0, 0},
    {"reduction", 0, 0},
    {"sorting", 0, 0},
    {"plain_awaits", 1, 3},
    {"catches", 1, 1},
    {"outcome", 1, 1},
    {"generates", 0, 3},
    {"event_between", 2, 2},
    {"gathers_two", 2, 2},
    {"gathers_three", 3, 3},
    {"gathers_range", 0, 4},
    {"gathers_limited", 0, 4},
    {"gathers_handles", 1, 4},
    {"gathers_borrowed", 1, 4},
    {"outcomes_two", 2, 2},
    {"outcomes_range", 0, 4},
    {"outcomes_limited", 0, 4},
    {"pipes", 1, 3},
    {"meets_at_barrier", 1, 3},
    {"meets_at_latch", 1, 3},
    {"completes", 1, 1},
    {"races_two", 2, 2},
    {"races_range", 1, 4},
    {"first_of_two", 2, 2},
    {"first_of_range", 1, 4},
    {"waits_any", 1, 4},
    {"waits_all", 1, 4},
    {"waits_first", 1, 4},
    {"waits_first_failure", 1, 4},
    {"waits_a_while", 1, 4},
    {"streams", 0, 4},
    {"spawns", 1, 1},
    {"spawns_and_cancels", 1, 1},
    {"spawns_and_leaves", 1, 1},
    {"shares", 1, 1},
    {"group", 0, 4},
    {"cancelled_group", 0, 4},
    {"timeout", 1, 1},
    {"deadline_scope", 1, 1},
    {"shield", 1, 1},
    {"shield_with_grace", 1, 1},
    {"finally", 1, 1},
    {"stop_token", 1, 1},
    {"locks", 1, 1},
    {"takes_permit", 1, 1},
    {"reads_or_writes", 1, 1},
}};
const shape& shape_of(call what) { return shapes[static_cast<std::size_t>(what)]; }

bool takes_lock(call what) { return what >= call::locks; }

class planter {
 public:
  explicit planter(std::uint64_t seed) : random_(seed), trouble_(below(2) == 0 ? 0 : 1 + below(25)) {
    room_ = 4 + below(60);
  }

  /// Locks are taken in the order of their numbers, from the root to the leaves, so that none waits in a circle.
  node plant(int depth, int next_lock) {
    --room_;
    node n;
    if (depth == 0 || room_ <= 0 || below(9) == 0) {
      n.what = static_cast<call>(below(leaves));
      if ((n.what == call::fails || n.what == call::stops) && below(100) >= trouble_ * 4) n.what = call::sleeps;
    } else {
      n.what = static_cast<call>(leaves + below(calls - leaves));
    }
    if (takes_lock(n.what) && next_lock >= locks) n.what = call::catches;
    n.a = below(8);
    n.b = below(100) < trouble_ ? 1 + below(3) : 0;
    if (takes_lock(n.what)) {
      n.b = n.a % 2;
      n.a = next_lock + below(locks - next_lock);
      next_lock = n.a + 1;
    }
    const shape& s = shape_of(n.what);
    const int children = s.least + (s.most > s.least ? below(s.most - s.least + 1) : 0);
    for (int i = 0; i < children; ++i) n.children.push_back(plant(depth - 1, next_lock));
    return n;
  }

 private:
  static constexpr int locks = 4;
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

  std::mt19937_64 random_;
  int trouble_;
  int room_ = 0;
};

void number(node& n, int& next) {
  n.number = next++;
  n.alone.reset();
  n.disturbed.reset();
  n.may_be_stopped = false;
  for (node& c : n.children) number(c, next);
}

/// Gives `visit` each tree that is `root` with one node changed.
template <class Visit>
void each_change(const node& root, node& n, const Visit& visit) {
  const node before = n;
  node leaf;
  if (n.what != call::value) {
    n = leaf;
    visit(root);
    n = before;
  }
  for (const node& c : before.children) {
    n = c;
    visit(root);
    n = before;
  }
  if (std::cmp_greater(n.children.size(), shape_of(n.what).least)) {
    for (std::size_t i = 0; i < before.children.size(); ++i) {
      n.children.erase(n.children.begin() + static_cast<std::ptrdiff_t>(i));
      visit(root);
      n = before;
    }
  }
  if (n.a != 0 && !takes_lock(n.what)) {
    n.a = n.a > 1 ? 1 : 0;
    visit(root);
    n = before;
  }
  if (n.b != 0) {
    n.b = 0;
    visit(root);
    n = before;
  }
  for (node& c : n.children) each_change(root, c, visit);
}

}  // namespace

const char* name_of(call what) noexcept { return shape_of(what).name; }

node plant(std::uint64_t seed) {
  node root = planter(seed).plant(7, 0);
  number_nodes(root);
  return root;
}

void number_nodes(node& root) {
  int next = 1;
  number(root, next);
}

std::size_t size_of(const node& n) {
  std::size_t sum = 1;
  for (const node& c : n.children) sum += size_of(c);
  return sum;
}

std::string text_of(const node& n, int indent) {
  std::string text(static_cast<std::size_t>(indent) * 2, ' ');
  text += std::string(name_of(n.what)) + "#" + std::to_string(n.number) + "{" + std::to_string(n.a) + ", " +
          std::to_string(n.b) + "}";
  if (n.may_be_stopped) text += "  // may be stopped";
  text += "\n";
  for (const node& c : n.children) text += text_of(c, indent + 1);
  return text;
}

std::vector<node> smaller_than(const node& root) {
  std::vector<node> all;
  node copy = root;
  each_change(copy, copy, [&](const node& changed) {
    all.push_back(changed);
    number_nodes(all.back());
  });
  std::sort(all.begin(), all.end(), [](const node& x, const node& y) { return size_of(x) < size_of(y); });
  return all;
}

}  // namespace magpie_test
