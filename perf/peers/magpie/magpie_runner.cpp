#include "peers/magpie/magpie_forms.hpp"
#include "runners/runner.hpp"

int main(int argc, char** argv) { return perf::run_peer<perf::magpie_peer>(argc, argv); }
