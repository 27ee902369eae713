#pragma once

#include <span>
#include <string_view>

namespace bench {

/// What a reader wants to know of a workload. A workload that is not listed here is measured and shown all the same,
/// under "Others".
struct entry {
  std::string_view name;
  std::string_view section;
  std::string_view title;
  std::string_view what;  ///< one sentence
  bool short_list;        ///< stays when the time is not enough for all
};

std::span<const entry> catalogue();

/// Its entry, or one made of its name.
entry entry_of(std::string_view workload);

/// Where it stands in the catalogue; behind all if it does not.
std::size_t rank_of(std::string_view workload);

/// The peer that has no scheduler at all: a reference, not a contestant.
inline constexpr std::string_view reference_peer = "serial";
bool is_reference(std::string_view peer_id);

}  // namespace bench
