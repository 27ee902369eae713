#include "peers/stack_spawning.hpp"
#include "peers/stack_trees.hpp"
#include "peers/tbb/tbb_peer.hpp"
#include "runners/runner.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::tbb_peer>(argc, argv); }
