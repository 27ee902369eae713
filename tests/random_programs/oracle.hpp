#pragma once

#include "random_programs/call_tree.hpp"

namespace magpie_test {

/// What may come out of a node: alone, or if somebody may stop it at any time. Runs nothing. A stop that ends the node
/// is not listed: nobody is there to see it but whoever asked for it.
const possibilities& look(node& n, bool disturbed);

/// Notes in each node whether somebody may stop it.
void mark_stops(node& root);

}  // namespace magpie_test
