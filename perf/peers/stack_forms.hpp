#pragma once

/// All that stack_peer.hpp's concept is enough for.
#include "peers/stack_irregular.hpp"
#include "peers/stack_pool.hpp"
#include "peers/stack_spawning.hpp"
#include "peers/stack_trees.hpp"
