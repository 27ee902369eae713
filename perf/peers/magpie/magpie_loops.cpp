#include <magpie/parallel.hpp>

#include "peers/magpie/magpie_forms.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace perf {
namespace {

template <std::size_t N>
void loop(magpie_peer& p, parallel_for_of<N>& w) {
  const float* const in = w.x.data();
  float* const out = w.y.data();
  p.runtime.block_on(magpie::parallel_for(std::size_t{0}, N, [in, out](std::size_t i) { out[i] = 3 * in[i] + 1; }));
}

}  // namespace

void solve(magpie_peer& p, parallel_for_of<10'000'000>& w) { loop(p, w); }
void solve(magpie_peer& p, parallel_for_of<100'000>& w) { loop(p, w); }
void solve(magpie_peer& p, parallel_for_of<1000>& w) { loop(p, w); }

void solve(magpie_peer& p, parallel_sort& w) { p.runtime.block_on(magpie::parallel_sort(w.data.all())); }

void solve(magpie_peer& p, parallel_reduce& w) {
  const std::uint32_t* const in = w.data.data();
  w.result = p.runtime.block_on(magpie::parallel_reduce(
      std::size_t{0}, w.data.size(), std::uint64_t{0}, [in](std::size_t i) { return std::uint64_t{in[i]} * in[i]; },
      std::plus<>()));
}

void solve(magpie_peer& p, parallel_scan& w) {
  p.runtime.block_on(magpie::parallel_inclusive_scan(w.in.all(), w.out.begin()));
}

}  // namespace perf
