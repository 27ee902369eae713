#include "peers/asio/asio_peer.hpp"
#include "peers/asio/asio_times.hpp"
#include "peers/asio/asio_turns.hpp"
#include "peers/posted_phases.hpp"
#include "peers/posted_trees.hpp"
#include "peers/stack_pool.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::asio_peer>(argc, argv); }
