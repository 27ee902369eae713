#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Random programs: trees of calls of magpie's interface. Each node gives a number, fails, or ends cancelled.
namespace magpie_test {

/// What a node does with its children. The names are those of the interface; see interpreter.cpp.
enum class call : std::uint8_t {
  value,
  yields,
  sleeps,
  checkpoints,
  fails,
  stops,
  blocks,
  looks_at_token,
  loop,
  reduction,
  sorting,  // leaves
  plain_awaits,
  catches,
  outcome,
  generates,
  event_between,  // one by one
  gathers_two,
  gathers_three,
  gathers_range,
  gathers_limited,
  gathers_handles,
  gathers_borrowed,  // at once
  outcomes_two,
  outcomes_range,
  outcomes_limited,
  pipes,
  meets_at_barrier,
  meets_at_latch,
  completes,
  races_two,
  races_range,
  first_of_two,
  first_of_range,
  waits_any,  // one wins
  waits_all,
  waits_first,
  waits_first_failure,
  waits_a_while,
  streams,  // handles
  spawns,
  spawns_and_cancels,
  spawns_and_leaves,
  shares,
  group,
  cancelled_group,
  timeout,
  deadline_scope,
  shield,
  shield_with_grace,
  finally,
  stop_token,  // around one
  locks,
  takes_permit,
  reads_or_writes,
};
inline constexpr int calls = static_cast<int>(call::reads_or_writes) + 1;
const char* name_of(call what) noexcept;

/// What can come out of a node, and when, in seconds after it began.
struct possible {
  enum class kind : std::uint8_t { value, error, ended };
  kind how = kind::value;
  long what = 0;  // the value, or the number of the error
  double from = 0;
  double to = 0;
};
struct possibilities {
  std::vector<possible> all;
  bool unknown = false;  // there are too many to list
  double longest = 0;    // nothing takes longer, stopped or not
  double tail = 0;       // nor goes on longer after a stop; 0: nothing but being cancelled can come of it then
};

struct node {
  call what = call::value;
  int a = 0;  // parameters: times in half seconds, numbers
  int b = 0;
  int number = 0;  // of this node; it is the name of its errors
  std::vector<node> children;

  // The oracle's.
  bool may_be_stopped = false;
  std::optional<possibilities> alone;      // if nobody stops it
  std::optional<possibilities> disturbed;  // if somebody may
};

/// Numbers of errors; each node has its own beside these.
inline constexpr long error_timed_out = -100;
inline constexpr long error_cancelled = -101;
inline constexpr long error_refused = -102;  // the runtime takes nothing more
inline constexpr long error_unknown = -103;

/// A random tree.
node plant(std::uint64_t seed);
void number_nodes(node& root);
std::size_t size_of(const node& n);
/// As a small program, for people.
std::string text_of(const node& n, int indent = 0);
/// The same tree with something taken away, in all ways.
std::vector<node> smaller_than(const node& root);

}  // namespace magpie_test
