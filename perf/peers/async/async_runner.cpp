#include "peers/async/async_peer.hpp"
#include "peers/stack_forms.hpp"

#include <cstdint>
#include <future>

namespace perf {

// Millions of tasks; lacks() says why not.
void solve(async_peer&, fib&) = delete;
void solve(async_peer&, skynet&) = delete;
void solve(async_peer&, nqueens&) = delete;
void solve(async_peer&, uts&) = delete;
void solve(async_peer&, gather_of<1'000'000>&) = delete;
template <std::uint64_t Tasks>
void solve(async_peer&, memory_spawned<Tasks>&) = delete;

template <unsigned IdleMs>
void solve(async_peer&, round_trip<IdleMs, caller::stays_out>& w) {
  w.got = std::async(std::launch::async, [&w] { return w.small_task(w.sent); }).get();
}

}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::async_peer>(argc, argv); }
