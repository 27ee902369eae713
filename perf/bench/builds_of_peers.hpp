#pragma once

#include "bench/run_file.hpp"

#include <string>
#include <vector>

namespace bench {

/// The peers of a run that one compiler has built, and those that neither C++ compiler has.
struct build_of_peers {
  std::string compiler;  ///< its first word
  std::string version;   ///< all of it
  std::vector<const peer_facts*> peers;

  const peer_facts* find(const std::string& peer) const;  ///< by its name without the compiler's
};

/// One for each C++ compiler.
std::vector<build_of_peers> builds_of(const run_file& run);

/// Without the compiler behind it.
std::string plain_name(const peer_facts& peer);

/// Whether it is fair to compare them: not if two C++ compilers have built them.
bool are_of_one_build(const peer_facts& a, const peer_facts& b);

}  // namespace bench
