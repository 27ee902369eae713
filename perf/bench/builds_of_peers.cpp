#include "bench/builds_of_peers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace bench {
namespace {

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

bool is_cpp(const std::string& compiler) { return compiler.ends_with("++"); }

std::string plain(const std::string& text, const std::string& ending) {
  return text.ends_with(ending) ? text.substr(0, text.size() - ending.size()) : text;
}

}  // namespace

std::string plain_name(const peer_facts& peer) {
  return plain(peer.name, fmt::format(" ({})", first_word(peer.compiler)));
}

bool are_of_one_build(const peer_facts& a, const peer_facts& b) {
  const std::string first = first_word(a.compiler);
  const std::string second = first_word(b.compiler);
  return first == second || !is_cpp(first) || !is_cpp(second);
}

const peer_facts* build_of_peers::find(const std::string& peer) const {
  const auto found = std::find_if(peers.begin(), peers.end(), [&](const peer_facts* p) {
    return plain(p->id, fmt::format("-{}", first_word(p->compiler))) == peer;
  });
  return found == peers.end() ? nullptr : *found;
}

std::vector<build_of_peers> builds_of(const run_file& run) {
  std::vector<build_of_peers> all;
  std::set<std::string> seen;
  for (const peer_facts& p : run.peers) {
    const std::string compiler = first_word(p.compiler);
    if (is_cpp(compiler) && seen.insert(compiler).second) all.push_back({compiler, p.compiler, {}});
  }
  for (build_of_peers& build : all) {
    for (const peer_facts& p : run.peers) {
      const std::string compiler = first_word(p.compiler);
      if (compiler == build.compiler || !is_cpp(compiler)) build.peers.push_back(&p);
    }
  }
  return all;
}

}  // namespace bench
