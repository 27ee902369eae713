#pragma once

#include "peers/libfork/libfork_peer.hpp"

#include <libfork.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>

/// libfork's algorithms. Each takes the size of a chunk, for which its documentation has no rule: eight for each
/// worker.
namespace perf {

inline std::ptrdiff_t libfork_chunk(const libfork_peer& p, std::size_t n) {
  return static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, n / (std::size_t{8} * p.threads)));
}

template <std::size_t N>
void solve(libfork_peer& p, parallel_for_of<N>& w) {
  const float* const in = w.x.data();
  float* const out = w.y.data();
  lf::sync_wait(p.pool, lf::for_each, in, in + N, libfork_chunk(p, N),
                [in, out](const float& x) { out[&x - in] = 3 * x + 1; });
}

#if !PERF_LIBFORK_UNDER_GCC_12
inline void solve(libfork_peer& p, parallel_reduce& w) {
  const std::uint32_t* const in = w.data.data();
  const auto sum = lf::sync_wait(p.pool, lf::fold, in, in + w.data.size(), libfork_chunk(p, w.data.size()),
                                 std::plus<std::uint64_t>(), [](std::uint32_t x) { return std::uint64_t{x} * x; });
  w.result = sum.value_or(0);
}

inline void solve(libfork_peer& p, parallel_scan& w) {
  const std::uint64_t* const in = w.in.data();
  lf::sync_wait(p.pool, lf::scan, in, in + w.in.size(), w.out.data(), libfork_chunk(p, w.in.size()),
                std::plus<std::uint64_t>());
}
#endif

}  // namespace perf
