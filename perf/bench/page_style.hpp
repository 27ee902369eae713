#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// The style sheet of a report: light and dark, wide and narrow, and colours for so many peers.
std::string page_style(std::size_t peers);

}  // namespace bench
