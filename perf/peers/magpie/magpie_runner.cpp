#include "peers/magpie/magpie_spawning.hpp"
#include "peers/magpie/magpie_trees.hpp"
#include "runners/runner.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::magpie_peer>(argc, argv); }
