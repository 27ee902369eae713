#include "peers/posted_phases.hpp"
#include "peers/posted_trees.hpp"
#include "peers/stack_pool.hpp"
#include "peers/stdexec/stdexec_peer.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::stdexec_peer>(argc, argv); }
