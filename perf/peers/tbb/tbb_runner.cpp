#include "peers/stack_forms.hpp"
#include "peers/tbb/tbb_peer.hpp"
#include "peers/tbb/tbb_turns.hpp"
#include "runners/runner.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::tbb_peer>(argc, argv); }
