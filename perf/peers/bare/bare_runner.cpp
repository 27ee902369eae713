#include "peers/bare_fork_join.hpp"
#include "runners/runner.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace perf {
namespace {

struct bare_peer {
  static peer_facts facts() {
    return {.peer = "bare",
            .version = "-",
            .notes = "Fork and join of coroutines on one thread with nothing else: the floor.",
            .one_thread = true};
  }
  static std::string lacks(std::string_view) {
    return "The floor forks two and joins them on one thread, for fib, and has nothing else.";
  }
  bare_peer(unsigned, caller) {}

  bare::machine machine;
};

bare::task<std::uint64_t> fib_bare(unsigned n) {
  if (n < 2) co_return n;
  auto [a, b] = co_await bare::both(fib_bare(n - 1), fib_bare(n - 2));
  co_return a + b;
}
void solve(bare_peer&, fib& w) { w.result = bare::run(fib_bare(w.n)); }

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::bare_peer>(argc, argv); }
