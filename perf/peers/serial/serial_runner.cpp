#include "peers/serial/serial_peer.hpp"
#include "peers/stack_spawning.hpp"
#include "peers/stack_trees.hpp"
#include "runners/runner.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::serial_peer>(argc, argv); }
