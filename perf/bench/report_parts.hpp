#pragma once

#include "bench/figures.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// The parts of a report, each a piece of HTML.
namespace bench {

/// Peers in the order of the page; their place there is their colour.
struct page_peer {
  std::size_t place;
  const peer_facts* facts;
  bool reference;
};

struct page_data {
  const figure_table& table;
  std::vector<page_peer> peers;
};

page_data data_of(const figure_table& table);

std::string verdict_part(const page_data& page);  ///< who is ahead, in words and tiles
std::string facts_part(const page_data& page);    ///< machine, build, noise
std::string glance_part(const page_data& page);   ///< every workload and peer, one cell each
std::string figures_part(const page_data& page);  ///< a card a workload
std::string failures_part(const page_data& page);

/// Sections that have workloads, in order.
std::vector<std::string> sections_of(const page_data& page);
/// For links within the page.
std::string anchor_of(const std::string& name);

std::string threads_text(unsigned threads);

}  // namespace bench
