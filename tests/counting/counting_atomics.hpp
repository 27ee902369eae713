#pragma once

// Included by magpie/base/atomic.hpp, after std_atomics.

#include "../support/watched_atomic.hpp"

namespace magpie::detail {

/// What this thread did. Read-modify-writes lock a line; the seq_cst store is the one exchange-like store of a pop.
struct access_counts {
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t seq_cst_stores = 0;
  std::uint64_t exchanges = 0;
  std::uint64_t compare_exchanges = 0;
  std::uint64_t fetch_adds = 0;
  std::uint64_t fetch_subs = 0;
  std::uint64_t fetch_bits = 0;

  std::uint64_t read_modify_writes() const noexcept {
    return exchanges + compare_exchanges + fetch_adds + fetch_subs + fetch_bits;
  }
  friend access_counts operator-(access_counts a, const access_counts& b) noexcept {
    a.loads -= b.loads;
    a.stores -= b.stores;
    a.seq_cst_stores -= b.seq_cst_stores;
    a.exchanges -= b.exchanges;
    a.compare_exchanges -= b.compare_exchanges;
    a.fetch_adds -= b.fetch_adds;
    a.fetch_subs -= b.fetch_subs;
    a.fetch_bits -= b.fetch_bits;
    return a;
  }
};
inline constinit thread_local access_counts counts_of_this_thread;

struct counting_watch {
  explicit counting_watch(access a) noexcept {
    access_counts& c = counts_of_this_thread;
    switch (a) {
      case access::load:
        ++c.loads;
        break;
      case access::seq_cst_store:
        ++c.seq_cst_stores;
        [[fallthrough]];
      case access::store:
        ++c.stores;
        break;
      case access::exchange:
        ++c.exchanges;
        break;
      case access::compare_exchange:
        ++c.compare_exchanges;
        break;
      case access::fetch_add:
        ++c.fetch_adds;
        break;
      case access::fetch_sub:
        ++c.fetch_subs;
        break;
      case access::fetch_bits:
        ++c.fetch_bits;
        break;
    }
  }
};

struct counting_atomics : std_atomics {
  template <class T>
  using atomic = watched_atomic<T, counting_watch>;
};
using atomics = counting_atomics;

}  // namespace magpie::detail
