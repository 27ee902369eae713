#pragma once

#include <magpie/model/limits.hpp>
#include <magpie/model/node_set.hpp>
#include <magpie/model/view.hpp>

#include <array>
#include <cstdint>

namespace magpie::model {

/// How a value is printed. All values travel as 64 bits.
enum class value_kind : std::uint8_t { signed_number, unsigned_number, boolean, pointer };

/// One write to one location, in a list that is the location's modification order.
struct message {
  std::uint64_t value;
  stamp position;
  message* older;
  message* newer;
  bool taken;    // a read-modify-write has read this: nothing may come between the two any more
  bool carries;  // `handed` says something: a release write, one after a release fence, or a release sequence
  view handed;   // what an acquire of this write learns

  // For the order S: nodes that stand before what comes after this write in modification order, and nodes after which
  // stands what came before it. Loads of this write count apart, because they are before the *next* write only.
  node_set sources;
  node_set reader_sources;
  node_set targets;
};

/// One atomic object.
struct location {
  const void* address;
  const char* name;  // given by the scene, or nullptr
  message* oldest;
  message* newest;
  value_kind kind;
  bool alive;
  std::uint8_t creator;
  std::uint32_t created;                             // the creator's clock
  std::array<std::uint32_t, thread_slots> accessed;  // each thread's clock at its last access
  stamp woken_at;                                    // futex: a waker has made writes up to here visible to waiters

  /// How often in a row a thread has read the same write although a newer one existed.
  struct staleness {
    stamp position;
    std::uint32_t times;
  };
  std::array<staleness, thread_slots> stale;
  /// How often in a row a write of a thread has gone before one that ran earlier.
  std::array<std::uint32_t, thread_slots> early;
};

}  // namespace magpie::model
